"""Docstrings of public functions: shapes where tensors or arrays go in or out, errors where one is raised.

A method that overrides another inherits its docstring; the docstring of a class counts for its methods.
"""

import ast
import re

import pytest
from support.places import ROOT

SOURCES = ("harness", "backbones", "methods", "results")
ARRAYS = re.compile(r"\b(Tensor|ndarray|NDArray)\b")
# "(B, C, T, H, W)", "(N,)", "(N, D_l + D_g)": axes by letters or numbers, at least one a capital; or a word.
AXIS = r"(?:[A-Z]\w?(?:_\w)?|[a-z](?:_\w)?|\d+|width|channels|frames|clips|videos|size|…|\.\.\.)"
AXES = rf"{AXIS}(?:[ ·+−-]+{AXIS})*"
SHAPE = re.compile(
    rf"\((?=[^)]*(?:[A-Z]|width|frames|videos)){AXES},(?: {AXES},?)*\)|\bshapes?\b|\bscalars?\b"
)
ERROR = re.compile(r"\b\w*Error\b|\b[Rr]aises\b")
# Of a method that a subclass has to write; of the command line, which prints it and ends.
OUT = {"NotImplementedError", "Exit"}


class Code:
    """All public classes and functions of the four packages, and names that stand for arrays ("Pixels")."""

    def __init__(self):
        self.classes, self.functions = {}, []
        self.aliases, self.others = set(), set()
        for folder in SOURCES:
            for path in sorted((ROOT / folder).rglob("*.py")):
                self.read(
                    ast.parse(path.read_text(encoding="utf-8")), path.relative_to(ROOT).as_posix(), None
                )

    def read(self, parent, file, owner):
        for node in ast.iter_child_nodes(parent):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                self.classes.setdefault(node.name, []).append((file, node))
                self.others.add(node.name)
                self.read(node, file, node)
            elif isinstance(node, ast.FunctionDef) and is_public(node.name):
                self.functions.append((file, owner, node))
            elif isinstance(node, ast.Assign) and not owner:
                of_arrays = ARRAYS.search(ast.unparse(node.value))
                (self.aliases if of_arrays else self.others).update(map(ast.unparse, node.targets))

    def docstrings(self, file, owner, name):
        """Of the method and its class, then of the same method in the bases."""
        found = [ast.get_docstring(owner) or ""]
        found += [ast.get_docstring(m) or "" for m in owner.body if getattr(m, "name", None) == name]
        for base in owner.bases:
            called = ast.unparse(base).split("[")[0].split(".")[-1]
            so_called = [each for each in self.classes.get(called, []) if each[1] is not owner]
            # Of several classes of one name, that of the same file.
            for where, each in sorted(so_called, key=lambda one: one[0] != file)[:1]:
                found += self.docstrings(where, each, name)
        return found

    def without(self, needed):
        """'file:line name' of each function whose docstrings lack a pattern of those that `needed` gives."""
        return [
            f"{file}:{node.lineno} {f'{owner.name}.' if owner else ''}{node.name}"
            for file, owner, node in self.functions
            if not all(pattern.search(self.said(file, owner, node)) for pattern in needed(node))
        ]

    def shape(self, node):
        """The pattern of a shape, where tensors or arrays go in or out."""
        known = self.aliases - self.others  # a name that stands for something else elsewhere tells nothing
        return [SHAPE] if any(has_arrays(each, known) for each in annotations(node)) else []

    def said(self, file, owner, node):
        found = self.docstrings(file, owner, node.name) if owner else [ast.get_docstring(node) or ""]
        return "\n".join(found)


def is_public(name):
    return not name.startswith("_") or name in ("__init__", "__call__")


def has_arrays(text, aliases):
    return bool(ARRAYS.search(text)) or any(re.search(rf"\b{each}\b", text) for each in aliases)


def annotations(node):
    arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
    return [ast.unparse(each) for each in (*(a.annotation for a in arguments), node.returns) if each]


def errors(node):
    """A pattern of each class that is raised; where a helper makes the error, of any.

    Not of commands: the docstring of one is its help text, and errors are printed.
    """
    if any(re.search(r"\.(command|group)\(", ast.unparse(each)) for each in node.decorator_list):
        return []
    names = set(raised(node)) - OUT
    return [re.compile(rf"\b{name}\b") if name[0].isupper() else ERROR for name in names]


def raised(node, caught=frozenset()):
    """What leaves the function, by name: not what its own `except` takes."""
    if isinstance(node, ast.Raise) and node.exc:
        name = ast.unparse(node.exc).split("(")[0].split(".")[-1]
        if not caught & {name, "Exception"}:
            yield name
    own = {word for each in getattr(node, "handlers", ()) for word in words(each.type)}
    for field, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from raised(child, caught | own if field == "body" else caught)


def words(caught):
    return re.findall(r"\w+", ast.unparse(caught)) if caught else []


@pytest.fixture(scope="module")
def code():
    return Code()


def test_the_patterns_tell_shapes_from_other_brackets():
    said = ["logits (B, K)", "outputs (N,)", "(N, D_l + D_g)", "a scalar, in nats", "(B T, …)", "(O, 3, ...)"]
    assert all(map(SHAPE.search, said))
    other = [
        "(local, global)",
        "(Tran et al., CVPR 2018)",
        "in (0, 1)",
        "equation (8)",
        "(x, y)",
        "(AdamW, cosine)",
    ]
    assert not any(map(SHAPE.search, other))


def test_docstrings_give_shapes(code):
    assert code.without(code.shape) == []


def test_docstrings_give_errors(code):
    assert code.without(errors) == []
