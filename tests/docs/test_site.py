"""The site of the documentation: every page is in its menu, and what the code says is not typed by hand."""

import re

import yaml
from support.places import ROOT

GENERATED = {"reference/settings.md"}  # scripts/site/hooks.py


def entries(node):
    """Files of the menu, in order."""
    if isinstance(node, str):
        return [node]
    return [file for each in (node.values() if isinstance(node, dict) else node) for file in entries(each)]


def test_every_page_is_in_the_menu_once():
    menu = entries(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"])
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert sorted(menu) == sorted(pages | GENERATED)


def test_the_python_page_names_what_there_is():
    from importlib import import_module

    named = re.findall(r"^::: ([\w.]+)$", (ROOT / "docs/reference/python.md").read_text(), re.MULTILINE)
    for name in named:
        module, _, thing = name.rpartition(".")
        assert getattr(import_module(module), thing).__doc__, name
    import harness

    assert {name.rpartition(".")[2] for name in named} >= set(harness._API)
