"""What is wrong with the names in `paper.yaml`, and with the plug-in that it names. No torch of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from backbones.base.errors import suggestion
from backbones.base.plugins import PLUGINS
from backbones.base.registry import load
from harness.papers.folder import SHEET, Paper
from harness.papers.strict import read_text
from harness.record.plugins import REGISTRIES
from methods.catalogue import METHODS
from results.tables.written.maker import tables_of

TARGET = re.compile(r"(?P<module>[A-Za-z_][\w.]*):(?P<name>[A-Za-z_]\w*)")  # "module:Class"


def sheet_problems(paper: Paper) -> Iterator[str]:
    """Methods that there are not, and classes that the plug-in's entries name and it does not have."""
    sheet = paper.sheet
    places: list[tuple[str | int, ...]] = [("main",), *(("methods", n) for n in range(len(sheet.methods)))]
    for place, name in zip(places, (sheet.main, *sheet.methods), strict=True):
        if (name or place != ("main",)) and METHODS.find(name) is None:
            known = METHODS.discover().names()
            hint = suggestion(name, known) or "; 'harness list methods' shows all"
            yield f"{paper.path(SHEET)}:{paper.tree.row(place)}: {place[0]}: no method '{name}'{hint}"
    if sheet.plugin and not paper.built_in:
        yield from _targets(paper)


def teachers_problems(paper: Paper) -> Iterator[str]:
    """That the table whose plan trains teachers is one of the paper's."""
    name, known = paper.sheet.teachers_table, tables_of(paper.name)
    if name and paper.teachers_table not in known:
        own = [each.rpartition("/")[2] for each in known]
        hint = suggestion(name, own) or f"; there are {', '.join(own) or 'none'}"
        yield f"{paper.path(SHEET)}:{paper.row('teachers_table')}: teachers_table: no table '{name}'{hint}"


def _targets(paper: Paper) -> Iterator[str]:
    path = paper.path(paper.sheet.plugin)
    loaded = {plugin for each in REGISTRIES for plugin in each.origins()}
    own = (plugin for plugin in loaded if PLUGINS.path_of(plugin) == path.resolve())
    for registry, name in (entry for plugin in own for entry in plugin.added):
        for key, target in _named_by(registry.find(name)):  # type: ignore[attr-defined]
            try:
                load(target)
            except Exception as error:  # a stranger's module may raise anything
                wanted = target.rpartition(":")[2]
                row = _row(read_text(path), wanted)
                lacking = isinstance(error, AttributeError) and f"there is no '{wanted}' in it"
                why = lacking or f"'{target}' cannot be loaded: {type(error).__name__}: {error}"
                yield f"{path}:{row}: {registry.kind} '{name}': {key}: {why}"


def _named_by(entry: Any) -> Iterator[tuple[str, str]]:
    """(field, "module:Class") of an entry; its other texts are no such names."""
    for each in fields(entry):
        value = getattr(entry, each.name)
        if isinstance(value, str) and TARGET.fullmatch(value):
            yield each.name, value


def _row(text: str, wanted: str) -> int:
    """The first that names it."""
    lines = text.split("\n")
    return next((row for row, line in enumerate(lines, start=1) if f":{wanted}" in line), 1)
