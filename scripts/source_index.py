"""The project's functions and classes by full name, and what the names in each module stand for."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path

SKIPPED = {"tests", "scripts"}


@dataclass
class Source:
    """All definitions by full name; for each module, what its names stand for."""

    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    aliases: dict[str, ast.expr] = field(default_factory=dict)
    modules: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, module: str, tree: ast.Module) -> None:
        names = self.modules.setdefault(module, {})
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                names |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
            elif isinstance(node, ast.Import):
                names |= {each.asname or each.name: each.name for each in node.names}
        for node in tree.body:
            self._define(module, node, names)

    def _define(self, module: str, node: ast.stmt, names: dict[str, str]) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(targets[0], ast.Name) and (value := getattr(node, "value", None)):
            names[targets[0].id] = full = f"{module}.{targets[0].id}"
            self.aliases[full] = value
        elif isinstance(node, ast.ClassDef | ast.FunctionDef):
            names[node.name] = full = f"{module}.{node.name}"
            if isinstance(node, ast.FunctionDef):
                self.functions[full] = node
                return
            self.classes[full] = node
            methods = [each for each in node.body if isinstance(each, ast.FunctionDef)]
            self.functions |= {f"{full}.{each.name}": each for each in methods}

    def module_of(self, name: str) -> str:
        while name and name not in self.modules:
            name = name.rpartition(".")[0]
        return name

    def resolve(self, module: str, node: ast.expr) -> str:
        """The full name of `a` or `a.b`, as far as imports tell; "" for what is no such name."""
        if isinstance(node, ast.Name):
            return self.modules[module].get(node.id, "")
        if isinstance(node, ast.Attribute) and (base := self.resolve(module, node.value)):
            return f"{base}.{node.attr}"
        return ""

    def kind(self, module: str, annotation: ast.expr | None) -> str:
        """The class of the project that an annotation names: of `PerStream[Views]`, Views."""
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            annotation = ast.parse(annotation.value, mode="eval").body
        if annotation is None:
            return ""
        found = [self.resolve(module, node) for node in ast.walk(annotation) if isinstance(node, ast.expr)]
        inner = [
            self.kind(self.module_of(each), self.aliases[each]) for each in found if each in self.aliases
        ]
        known = [each for each in (*found, *inner) if each in self.classes]
        return next(iter(sorted(known, key=self.generic)), "")

    def generic(self, kind: str) -> bool:
        return kind in self.classes and any("Generic" in ast.dump(base) for base in self.classes[kind].bases)

    def bases(self, kind: str) -> list[str]:
        if kind not in self.classes:
            return []
        return [self.resolve(self.module_of(kind), base) for base in self.classes[kind].bases]

    def method(self, kind: str, name: str) -> str:
        """The full name of a class's method, or of its base's."""
        if f"{kind}.{name}" in self.functions:
            return f"{kind}.{name}"
        return next((found for base in self.bases(kind) if (found := self.method(base, name))), "")

    def fields(self, kind: str) -> dict[str, str]:
        """The annotated fields of a class in their order, with the class of each."""
        found: dict[str, str] = {}
        for base in self.bases(kind):
            found |= self.fields(base)
        for node in self.classes[kind].body if kind in self.classes else ():
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found[node.target.id] = self.kind(self.module_of(kind), node.annotation)
        return found


def read(root: Path) -> Source:
    """All packages under `root`."""
    source = Source()
    for path in sorted(root.glob("*/**/*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if parts[0] in SKIPPED or not (root / parts[0] / "__init__.py").exists():
            continue
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        source.add(name, ast.parse(path.read_text(encoding="utf-8")))
    return source
