"""A configuration in a file of the user's: any part of a preset, laid over a preset or another such file.

extends: small            # a preset, or a file beside this one; "tiny" where it is not said
train: {lr: 0.02}
method: {name: mbd, temperature: 4}
pretraining: {both: {train: {epochs: 30}}}

A file with `preset` in the place of `extends` says everything, as `config.json` of a run does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from backbones.base.errors import UsageError, error_line, suggestion
from backbones.base.registry import Registry, load
from backbones.building import UnknownSetting, check_arguments, find, known
from backbones.registry import BACKBONES, BackboneEntry, family_of
from harness.config.base.base import NULL, Base, SettingError, Tree, without_nulls
from harness.config.preset_files import merge, preset
from harness.config.schema import Config
from harness.config.typed.full_names import full_key, in_full
from harness.config.typed.validation_messages import explained, first_error, meant, setting_names
from harness.data.registry import DATASETS
from harness.files import read_json
from harness.papers.registry import PAPERS
from harness.papers.strict import Tree as FileTree
from harness.papers.strict import read_yaml, refuse
from methods.catalogue import METHODS
from methods.fusion.catalogue import FUSIONS

DEFAULT = "tiny"
LONGEST = 20  # chain of files that extend each other
OWN_WORDS = (
    "extends",
    "preset",
    "families",
    "pretraining",
    "with_weights",
    "own_input",
)  # beside the settings of a run
SUFFIXES = (".yaml", ".yml", ".json")
NAMES: dict[str, Registry] = {
    "method.name": METHODS,
    "method.fusion": FUSIONS,
    "data.dataset": DATASETS,
    "local.backbone": BACKBONES,
    "global.backbone": BACKBONES,
}


def read_config(path: Path) -> Base:
    """What the file says; a `UsageError` names its first problem with the row."""
    return _read(path, ())


def check_networks(config: Config, base: Base, above: str = "") -> None:
    """A `UsageError` where a stream has a setting that its network's builder does not take.

    It is a `SettingError` where no row of a file gives the setting. above: what the names of the settings
    begin with, "pretraining.both." of a pre-training's.
    """
    for name, stream in config.streams().items():
        entry = find(stream.backbone)
        sizes = {"classes": 2, "frames": stream.frames, "size": stream.crop, "width": stream.width}
        try:
            check_arguments(entry.name, load(entry.builder), {**sizes, "in_channels": 3}, stream.settings)
        except UnknownSetting as error:
            key = f"{above}{name}.settings.{error.key}"
            with base.naming_rows():
                raise SettingError(key, f"{key}: {error}" if above else str(error)) from None


def _read(path: Path, before: tuple[Path, ...]) -> Base:
    tree = _tree(path)
    if path.resolve() in before:
        chain = " → ".join(str(each) for each in (*before, path.resolve()))
        raise UsageError(f"{path}: 'extends' goes in a circle: {chain}")
    if len(before) > LONGEST:
        raise UsageError(f"{before[0]}: 'extends' goes through more than {LONGEST} files")
    if not isinstance(tree.value, dict):
        refuse(path, 1, "expected a mapping of settings, such as 'train: {lr: 0.02}'")
    _check_words(tree)
    said = in_full({key: value for key, value in tree.value.items() if key not in ("extends", "preset")})
    rows = rows_of(tree)
    if "preset" in tree.value:
        return _whole(tree, said, rows)
    under = _extended(tree, (*before, path.resolve()))
    if under.whole is not None:
        return Base(under.preset, whole=_laid_over(under.whole, said), rows=rows)
    return Base(under.preset, merge(under.said, _nulls(said)), rows={**under.rows, **rows})


def _tree(path: Path) -> FileTree:
    if path.suffix != ".json":
        return read_yaml(path)
    try:
        value = read_json(path)
        json.dumps(value, ensure_ascii=False).encode()
        return FileTree(path, value)
    except UnicodeEncodeError:
        refuse(path, None, "half of a character (a lone surrogate)")
    except OSError as error:
        refuse(path, None, str(error.strerror))
    except ValueError as error:
        refuse(path, None, error_line(error))


def _extended(tree: FileTree, before: tuple[Path, ...]) -> Base:
    """What the file is laid over."""
    name = tree.value.get("extends", DEFAULT)
    if not isinstance(name, str) or not name:
        refuse(tree.path, tree.row(("extends",)), "extends: expected the name of a preset, or a file")
    if name.endswith(SUFFIXES):
        return _read(tree.path.parent / name, before)
    return Base(_preset(tree, "extends", name))


def _preset(tree: FileTree, key: str, name: str) -> str:
    try:
        full = PAPERS.preset(name)
        preset(full)
    except UsageError as error:
        refuse(tree.path, tree.row((key,)), f"{key}: {error}")
    return full


def _whole(tree: FileTree, said: Tree, rows: Mapping[str, str]) -> Base:
    """Of a file that says everything: settings that are newer than it have their defaults."""
    if "extends" in tree.value:
        refuse(tree.path, tree.row(("preset",)), "it has 'preset' and 'extends': give one of them")
    name = tree.value["preset"]
    if not isinstance(name, str):
        refuse(tree.path, tree.row(("preset",)), "preset: expected the name of a preset")
    name = _preset(tree, "preset", name)
    for word in OWN_WORDS[2:]:
        if word in said:
            refuse(
                tree.path,
                tree.row((word,)),
                f"{word}: a file with 'preset' is a whole configuration and has none; say 'extends' instead",
            )
    try:
        config = Config.model_validate({**said, "preset": name})
    except ValidationError as error:
        first = first_error(error)
        row = tree.row(tuple(first.setting.split(".")))
        more = f"; 'extends: {name}' would take the rest from the preset" if first.kind == "missing" else ""
        refuse(tree.path, row, f"{explained(first)}{more}")
    return Base(name, whole=config.plain(), rows=rows)


def _laid_over(whole: Tree, said: Tree) -> Tree:
    return without_nulls(merge(whole, _nulls(said)))


def _check_words(tree: FileTree) -> None:
    """Raises a `UsageError` for a group that is none, and for a name that nothing has."""
    groups = [name for name in setting_names() if "." not in name]
    for key, value in tree.value.items():
        if key not in groups and key not in OWN_WORDS:
            refuse(tree.path, tree.row((key,)), f"unknown setting '{key}'{_meant(key)}")
        is_group = key in ("families", "pretraining", "with_weights") or any(
            name.startswith(f"{key}.") for name in setting_names()
        )
        if is_group and not isinstance(value, dict):
            refuse(tree.path, tree.row((key,)), f"{key}: expected a mapping of its settings")
    for name, own in tree.value.get("families", {}).items():
        if not isinstance(own, dict):
            refuse(
                tree.path, tree.row(("families", name)), f"families.{name}: expected a mapping of settings"
            )
        _check_family(tree, name, own)
    for full, registry in NAMES.items():
        group, _, leaf = full.partition(".")
        if leaf in tree.value.get(group, {}):
            _check_name(tree, full, tree.value[group][leaf], registry)


def _check_family(tree: FileTree, name: str, own: Mapping[str, Any]) -> None:
    """Raises for a family that no network is of, and for a setting that none of its networks takes."""
    entries = [BACKBONES.get(each) for each in BACKBONES.names()]
    members = [each for each in entries if family_of(each) == name]
    if not members:
        families = sorted({family_of(each) for each in entries})
        hint = suggestion(name, families) or ";"
        refuse(
            *(tree.path, tree.row(("families", name))),
            f"families: no network is of family '{name}'{hint} expected one of {', '.join(families)}",
        )
    for key, value in own.items():
        if not any(_takes(each, key, value) for each in members):
            refuse(
                *(tree.path, tree.row(("families", name, key))),
                f"families.{name}: no network of this family has the setting '{key}'",
            )


def _takes(entry: BackboneEntry, key: str, value: Any) -> bool:
    sizes = {"classes": 2, "frames": 8, "size": 64, "width": 1.0, "in_channels": 3}
    try:
        check_arguments(entry.name, load(entry.builder), sizes, {key: value})
    except UnknownSetting:
        return False
    return True


def _meant(key: str) -> str:
    group, *names = key.split(".")
    if names and group in {name.partition(".")[0] for name in setting_names()}:
        nested = f"{group}: {{{': {'.join(names)}: …{'}' * len(names)}"
        return f"; in a file settings stand in their groups: '{nested}'"
    return meant(key, OWN_WORDS) or f"; beside settings a file has {', '.join(OWN_WORDS)}"


def _check_name(tree: FileTree, full: str, name: Any, registry: Registry) -> None:
    row = tree.row(tuple(full.split(".")))
    if not isinstance(name, str):
        refuse(tree.path, row, f"{full}: got {name!r}; expected a name")
    if registry is BACKBONES and known(name):
        return
    try:
        registry.get(name)
    except UsageError as error:
        refuse(tree.path, row, f"{full}: {error}")


def _nulls(tree: Tree) -> Tree:
    return {
        key: _nulls(value) if isinstance(value, dict) else NULL if value is None else value
        for key, value in tree.items()
    }


def rows_of(tree: FileTree) -> dict[str, str]:
    """ "my.yaml:3" of each setting that the file gives, by its full name."""
    return dict(_rows(tree))


def _rows(tree: FileTree) -> Iterator[tuple[str, str]]:
    for place, row in tree.rows.items():
        if place and all(isinstance(part, str) for part in place):
            yield full_key(".".join(map(str, place))), f"{tree.path}:{row}"
