"""Which functions the run's configuration is passed to, read from the source: nothing is run.

    .venv/bin/python scripts/config_reach.py [harness.execution.execute:execute:config] [--root DIR]

The way begins at a parameter of a function. A call counts where it passes on

- the configuration or a part of it: a value of the parameter's class or of another class of that module, or a
  field read from one as it is (what is computed from one, or returned by a function, is a new thing);
- an object that holds the configuration or one of its sections, however deep; calling a method of such an
  object counts too. An object of another class with single values in its fields is a thing of its own.

Types come from annotations. A call of a method counts the one of the annotated class, not its overrides;
functions inside functions belong to the outer one. What is called under a name known only as the program
runs (an entry of a registry) is not seen.
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from source_index import Source, read

START = "harness.execution.execute:execute:config"
SAME_ITEMS = {"zip", "enumerate", "sorted", "list", "tuple", "dict", "set", "iter", "next", "reversed"}
OWN_ITEMS = {"items", "values", "get", "copy", "model_copy"}


@dataclass(frozen=True)
class Value:
    """What is known of an expression. part: of the configuration. kind: its class, or that of its items."""

    part: bool = False
    kind: str = ""


UNKNOWN = Value()


class Walk:
    """Follows the configuration until nothing new is found.

    reached: of each function that it is passed to, the parameters that are a part of it. kept: the fields of
    objects that hold a part.
    """

    def __init__(self, source: Source, start: str) -> None:
        module, function, parameter = start.split(":")
        self.source = source
        first = f"{module}.{function}"
        (argument,) = (each for each in _parameters(source.functions[first]) if each.arg == parameter)
        model = source.kind(module, argument.annotation)
        home = source.module_of(model)
        self.models = {name for name in source.classes if source.module_of(name) == home}
        self.reached: dict[str, set[str]] = {first: {parameter}}
        self.kept: dict[tuple[str, str], Value] = {}
        while self._more():
            pass

    def _more(self) -> bool:
        before = self._size()
        for name in list(self.reached):
            Body(self, name).scan()
        return self._size() != before

    def _size(self) -> tuple[int, int, int]:
        return len(self.reached), sum(map(len, self.reached.values())), len(self.kept)

    def passes(self, value: Value) -> bool:
        return value.part or self.holds(value.kind)

    def holds(self, kind: str, seen: frozenset[str] = frozenset()) -> bool:
        """Whether an object of this class has a part of the configuration in a field."""
        if not kind or kind in seen:
            return False
        inner = self.source.fields(kind).values()
        deeper = (self.holds(each, seen | {kind}) for each in inner)
        return kind in self.models or any(own == kind for own, _ in self.kept) or any(deeper)

    def visit(self, name: str, given: Sequence[Value], named: dict[str, Value], owner: Value) -> None:
        """A call of the function. owner: the object whose method it is."""
        parameters = [each.arg for each in _parameters(self.source.functions[name])]
        if self.source.module_of(name) != name.rpartition(".")[0] and parameters[:1] in (["self"], ["cls"]):
            parameters = parameters[1:]
        pairs = [*zip(parameters, given, strict=False), *named.items()]
        passed = {key: value for key, value in pairs if self.passes(value)}
        if passed or self.holds(owner.kind):
            self.reached.setdefault(name, set()).update(key for key, value in passed.items() if value.part)

    def keep(self, kind: str, name: str, value: Value) -> None:
        if value.kind in self.models or self.holds(value.kind):
            self.kept.setdefault((kind, name), value)


class Body:
    """One function's statements. env: what its names stand for."""

    def __init__(self, walk: Walk, name: str) -> None:
        self.walk, self.source, self.node = walk, walk.source, walk.source.functions[name]
        self.module, self.owner = self.source.module_of(name), name.rpartition(".")[0]
        parts = walk.reached.get(name, set())
        self.env: dict[str, Value] = {}
        self.returned: list[Value] = []
        for each in _parameters(self.node):
            kind = self.source.kind(self.module, each.annotation)
            self.env[each.arg] = Value(each.arg in parts or kind in walk.models, kind)
        if self.owner in self.source.classes and self.node.args.args:
            self.env[self.node.args.args[0].arg] = Value(kind=self.owner)

    def scan(self) -> list[Value]:
        """What is returned."""
        self._statements(self.node.body)
        return self.returned

    def _statements(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            match node:
                case ast.Assign(targets=targets, value=value):
                    found = self._evaluate(value)
                    for target in targets:
                        self._bind(target, value, found)
                case ast.AnnAssign(target=target, value=ast.expr() as value):
                    self._bind(target, value, self._evaluate(value))
                case ast.For(target=target, iter=items) | ast.comprehension(target=target, iter=items):
                    self._bind(target, items, self._evaluate(items))
                    self._statements(each for each in ast.iter_child_nodes(node) if each is not items)
                case ast.Return(value=ast.expr() as value):
                    self.returned.append(self._evaluate(value))
                case ast.expr():
                    self._evaluate(node)
                case _:
                    self._statements(ast.iter_child_nodes(node))

    def _bind(self, target: ast.expr, source: ast.expr, value: Value) -> None:
        match target:
            case ast.Name(id=name):
                self.env[name] = value
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                self.walk.keep(self.owner, name, value)
            case ast.Tuple(elts=targets):
                for each, own in zip(targets, self._items(source, value, len(targets)), strict=False):
                    self._bind(each, source, own)

    def _items(self, source: ast.expr, value: Value, count: int) -> list[Value]:
        """The values of a tuple: by the annotation of the function that gave it, where there is one."""
        if isinstance(source, ast.Tuple) and len(source.elts) == count:
            return [self._evaluate(each) for each in source.elts]
        if not isinstance(source, ast.Call):
            return [value] * count
        if isinstance(source.func, ast.Attribute) and source.func.attr == "items":
            return [UNKNOWN, value]
        made = self.source.functions.get(self.source.resolve(self.module, source.func))
        if made and isinstance(made.returns, ast.Subscript) and isinstance(made.returns.slice, ast.Tuple):
            home = self.source.module_of(self.source.resolve(self.module, source.func))
            kinds = [self.source.kind(home, each) for each in made.returns.slice.elts]
            return [Value(kind in self.walk.models, kind) for kind in kinds]
        return [value] * count

    def _evaluate(self, node: ast.expr) -> Value:
        match node:
            case ast.Name(id=name):
                return self.env.get(name) or Value(kind=self._kind_of_global(node))
            case ast.Attribute():
                return self._field(self._evaluate(node.value), node.attr)
            case ast.Subscript(value=value, slice=index):
                self._evaluate(index)
                return self._evaluate(value)
            case ast.Call():
                return self._call(node)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                self._statements(node.generators)
                parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
                return _either(self._evaluate(each) for each in parts)
            case ast.IfExp(test=test, body=body, orelse=other):
                self._evaluate(test)
                return _either([self._evaluate(body), self._evaluate(other)])
        same = isinstance(
            node, ast.BoolOp | ast.Tuple | ast.List | ast.Set | ast.Dict | ast.Starred | ast.NamedExpr
        )
        same |= isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)
        inner = [self._evaluate(each) for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)]
        return _either(inner) if same else UNKNOWN

    def _kind_of_global(self, node: ast.expr) -> str:
        """Of `METHODS = Registry(…)`, Registry."""
        name = self.source.resolve(self.module, node)
        made = self.source.aliases.get(name)
        return self.source.kind(self.source.module_of(name), made.func) if isinstance(made, ast.Call) else ""

    def _field(self, base: Value, name: str) -> Value:
        if base.kind not in self.source.classes:
            return Value(base.part)
        kind = self.source.fields(base.kind).get(name)
        if kind is not None and base.kind in self.walk.models:
            return Value(True, kind)
        if kind is not None or (base.kind, name) in self.walk.kept:
            kept = self.walk.kept.get((base.kind, name), UNKNOWN)
            return Value(kept.part, kind or kept.kind)
        if found := self.source.method(base.kind, name):
            node = self.source.functions[found]
            if any(isinstance(each, ast.Name) and each.id == "property" for each in node.decorator_list):
                self.walk.visit(found, [], {}, base)
                return _either(Body(self.walk, found).scan())
        return UNKNOWN

    def _call(self, node: ast.Call) -> Value:
        given = [self._evaluate(each) for each in node.args]
        named = {each.arg: self._evaluate(each.value) for each in node.keywords if each.arg}
        local = _root(node.func) in self.env
        target = "" if local else self.source.resolve(self.module, node.func)
        if target in self.source.functions:
            return self._result(target, given, named, UNKNOWN)
        if target in self.source.classes:
            return self._made(target, given, named)
        if target == "dataclasses.replace":
            return self._made(given[0].kind, [], named)
        if target == "functools.partial":
            inner = self.source.resolve(self.module, node.args[0])
            return (
                self._result(inner, given[1:], named, UNKNOWN) if inner in self.source.functions else UNKNOWN
            )
        if isinstance(node.func, ast.Attribute):
            return self._method(self._evaluate(node.func.value), node.func.attr, given, named)
        same = isinstance(node.func, ast.Name) and node.func.id in SAME_ITEMS
        return _either(given) if same else UNKNOWN

    def _method(self, base: Value, name: str, given: list[Value], named: dict[str, Value]) -> Value:
        if found := self.source.method(base.kind, name):
            result = self._result(found, given, named, base)
            return Value(base.kind in self.walk.models or result.part, result.kind)
        return base if name in OWN_ITEMS else UNKNOWN

    def _result(self, name: str, given: list[Value], named: dict[str, Value], owner: Value) -> Value:
        self.walk.visit(name, given, named, owner)
        kind = self.source.kind(self.source.module_of(name), self.source.functions[name].returns)
        return Value(kind in self.walk.models, kind)

    def _made(self, kind: str, given: list[Value], named: dict[str, Value]) -> Value:
        """A new object, which keeps what it is given; a container of one class is as its items are."""
        if self.source.generic(kind):
            return _either([*given, *named.values()])
        if init := self.source.method(kind, "__init__"):
            self.walk.visit(init, given, named, UNKNOWN)
            return Value(kind=kind)
        for name, value in (*zip(self.source.fields(kind), given, strict=False), *named.items()):
            self.walk.keep(kind, name, value)
        return Value(kind in self.walk.models, kind)


def _parameters(node: ast.FunctionDef) -> list[ast.arg]:
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _either(values: Iterable[Value]) -> Value:
    found = list(values)
    kind = next((each.kind for each in found if each.part and each.kind), "")
    return Value(any(each.part for each in found), kind or next((e.kind for e in found if e.kind), ""))


def reach(root: Path, start: str = START) -> list[str]:
    """The functions, by full name, the first one included."""
    return sorted(Walk(read(root), start).reached)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("start", nargs="?", default=START, help="module:function:parameter")
    options.add_argument("--root", type=Path, default=Path(__file__).parents[1], help="of the packages")
    chosen = options.parse_args()
    source = read(chosen.root)
    names = sorted(Walk(source, chosen.start).reached)
    print("\n".join(names))
    print(f"{len(names)} functions in {len({source.module_of(name) for name in names})} files")


if __name__ == "__main__":
    main()
