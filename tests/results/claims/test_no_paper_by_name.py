"""No code knows a paper by its name: what is said of one is in its folder."""

import ast

import pytest
from support.places import ROOT

from harness.papers.registry import PAPERS

# Methods have the names of their papers; their own room is not looked at.
PACKAGE = "mbd-harness"
ROOMS = ("harness", "results", "backbones")


def constants(tree):
    """Texts of the code without docstrings."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body
        and isinstance(node.body[0], ast.Expr)
    }  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node


def mentions(source, name):
    """Lines on which a text is the name, or a path, a table or a preset of it."""
    tree = ast.parse(source)
    return sorted(
        node.lineno
        for node in constants(tree)
        if node.value == name
        or (
            node.value.startswith((f"{name}/", f"{name}-", f"{name}.")) and not node.value.startswith(PACKAGE)
        )
    )


@pytest.mark.parametrize("name", [name for name in PAPERS.names() if PAPERS.get(name).built_in])
def test_no_code_branches_on_a_papers_name(name):
    own = PAPERS.get(name).folder
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if path.parent != own]
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in files
        for line in mentions(path.read_text(encoding="utf-8"), name)
    }
    assert found == set()


def test_a_branch_would_be_found():
    assert mentions("if paper == 'mbd':\n    pass\nX = {'mbd': 1}\nF = 'mbd/claims.csv'\n", "mbd") == [
        1,
        3,
        4,
    ]
    assert mentions("'''mbd'''\ndef f():\n    'mbd'\n    return 'harness run --method mbd'\n", "mbd") == []
