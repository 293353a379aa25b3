"""Presets by name: the harness's own, and those of papers' folders."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from backbones.base.errors import UsageError, suggestion
from harness.config.typed.full_names import in_full
from harness.papers.registry import PAPERS
from harness.papers.strict import Tree as FileTree
from harness.papers.strict import read_yaml, refuse

Tree = dict[str, Any]
# Settings that are names of a registry.
NAMED = (
    *(("method", "name"), ("method", "fusion"), ("data", "dataset")),
    *(("local", "backbone"), ("global", "backbone")),
)
NEEDED = (("method", "name"), ("local", "backbone"), ("global", "backbone"), ("test", "local_clips"))
GROUPS = ("method", "local", "global", "data", "test", "train", "families", "pretraining", "with_weights")
GENERATED = "localglobal"  # the clips of a preset that names no data


def preset_names() -> list[str]:
    """The harness's own, then those of papers' folders ("mars/paper")."""
    return [*_own_presets(), *PAPERS.preset_files()]


@cache
def _own_presets() -> list[str]:
    folder = files("harness.config") / "presets"
    return sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml"))


def preset(name: str) -> Tree:
    """The preset `name` as a tree of plain types; a `UsageError` where there is none."""
    if name in _own_presets():
        return copy.deepcopy(_read(name))
    name = PAPERS.preset(name)
    if name not in preset_names():
        hint = suggestion(name, preset_names()) or ";"
        if "/" in name and PAPERS.find(name.partition("/")[0]) is None:
            raise UsageError(
                f"unknown preset '{name}'; --paper DIR makes the presets of a paper's folder known"
            )
        raise UsageError(f"unknown preset '{name}'{hint} 'harness list presets' shows all")
    return copy.deepcopy(_read(name) if name in _own_presets() else of_paper(name))


def pretrained_by(name: str) -> str:
    """The method that the preset's recipe trains the streams by first: both in one run, or each in its own;
    "" of a preset without a recipe."""
    recipe = preset(name).get("pretraining")
    return ("two_stream" if "both" in recipe else "single") if recipe else ""


@cache  # tables resolve hundreds of configurations
def _read(name: str) -> Tree:
    return yaml.safe_load((files("harness.config") / "presets" / f"{name}.yaml").read_text(encoding="utf-8"))


@PAPERS.remembered
def of_paper(name: str) -> Tree:
    """A preset of a paper's folder. `base: tiny` lays it over another one, which comes with the harness."""
    tree = read_yaml(PAPERS.preset_files()[name])
    if not isinstance(tree.value, dict):
        refuse(tree.path, 1, "expected a mapping of settings, as a configuration has them")
    own = in_full(tree.value)
    base = own.pop("base", None)
    if base is None:
        _check_whole(tree)
        return {"data": {"dataset": GENERATED}, **own}
    bases = [*_own_presets(), *PAPERS.preset_files(built_in=True)]
    if base not in bases or base == name:
        hint = suggestion(str(base), bases) or ";"
        expected = ", ".join(bases)
        refuse(tree.path, tree.row(("base",)), f"base: no preset '{base}'{hint} expected one of {expected}")
    _check_groups(tree)
    _check_nulls(tree)
    return merge(preset(str(base)), own)


def _check_whole(tree: FileTree) -> None:
    """Raises UsageError for a preset that lies over no other one and lacks what every run needs."""
    _check_groups(tree)
    for group, name in NEEDED:
        if not isinstance(tree.value.get(group), dict) or name not in tree.value[group]:
            said = f"'{group}.{name}' is needed; 'base: tiny' would take from a preset what is not said here"
            refuse(tree.path, tree.row((group,)), said)


def _check_groups(tree: FileTree) -> None:
    for group in (group for group in GROUPS if group in tree.value):
        if not isinstance(tree.value[group], dict):
            more = "; a base's recipe is left out by --from-scratch, of a study by 'from_scratch: true'"
            said = f"{group}: expected a mapping of settings{more if group == 'pretraining' else ''}"
            refuse(tree.path, tree.row((group,)), said)
    for group, name in NAMED:
        given = (tree.value.get(group) or {}).get(name, "")
        if not isinstance(given, str):
            refuse(tree.path, tree.row((group, name)), f"{group}.{name}: expected a name, as text")


def _check_nulls(tree: FileTree) -> None:
    """Raises UsageError for a null over a base, of which `merge` would take nothing without a word."""
    for place, row in tree.rows.items():
        value: Any = tree.value
        for part in place:
            value = value[part]
        if value is None:
            name = ".".join(map(str, place))
            refuse(tree.path, row, f"{name}: null says nothing over a base; leave it out, or give a value")


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> Tree:
    """`over` laid over `base`, leaf by leaf; what is None in `over` says nothing."""
    merged = dict(base)
    for key, value in over.items():
        if isinstance(value, Mapping):
            under = merged.get(key)
            merged[key] = merge(under if isinstance(under, Mapping) else {}, value)
        elif value is not None:
            merged[key] = value
    return merged
