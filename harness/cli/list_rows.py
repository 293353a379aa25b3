"""What `harness list` shows, as rows of plain types. No torch."""

from __future__ import annotations

import dataclasses
import json
import warnings
from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin, get_type_hints

Row = dict[str, Any]


def rows_of(kind: str) -> list[Row]:
    """One row for each entry of this kind, in the registry's order."""
    return _with_plugins(kind, ROWS[kind]())


def _with_plugins(kind: str, rows: list[Row]) -> list[Row]:
    """Where any entry comes from a plug-in, a column with the file or package of each."""
    from backbones.registry import BACKBONES
    from harness.data.registry import DATASETS
    from methods.catalogue import METHODS
    from methods.fusion.catalogue import FUSIONS

    registries: dict[str, Any] = {each.plural: each for each in (METHODS, BACKBONES, FUSIONS, DATASETS)}
    if kind not in registries:
        return rows
    origins = [registries[kind].origin(row["name"]) for row in rows]
    if not any(origins):
        return rows
    return [
        row | {"from": plugin.source if plugin else "the harness"}
        for row, plugin in zip(rows, origins, strict=True)
    ]


def _methods() -> list[Row]:
    from methods.catalogue import METHODS

    return [
        {
            "name": entry.name,
            "what it does": entry.summary,
            "paper": entry.paper,
            "equations": entry.equations,
            "own fusion": entry.fusion,
            "settings": _settings(entry.name),
            "roles": {"streams": entry.roles} if entry.roles else {},
        }
        for entry in METHODS.discover()
    ]


def _settings(method: str) -> dict[str, str]:
    """A method's settings: the default of each as it would be typed, then the other values.

    A plug-in may be unable to say them: then there are none, and a `PluginWarning`.
    """
    from backbones.base.errors import PluginWarning, error_line
    from methods.defaults import defaults, settings_class

    try:
        settings = settings_class(method)
        types, usual = get_type_hints(settings), defaults(method)
        return {
            field.name: _shown(types[field.name], usual.get(field.name, ""))
            for field in dataclasses.fields(settings)
        }
    except Exception as error:  # a stranger's class may be anything
        said = f"the settings of method '{method}' cannot be read: {error_line(error)}"
        warnings.warn(f"{said}; they are left out", PluginWarning, stacklevel=2)
        return {}


def _shown(type_: Any, default: Any) -> str:
    """default: of a plug-in it may be any object."""
    text = default if isinstance(default, str) else json.dumps(default, default=str)
    others = get_args(type_) if get_origin(type_) is Literal else ()
    rest = "|".join(str(value) for value in others if value != default)
    return f"{text} (or {rest})" if rest else text


def _fusions() -> list[Row]:
    from methods.fusion.catalogue import FUSIONS

    return [
        {
            "name": entry.name,
            "what it does": entry.summary,
            "fitted": "on held-out videos" if entry.learned else "no parameters",
            "paper": entry.paper,
        }
        for entry in FUSIONS.discover()
    ]


def _backbones() -> list[Row]:
    import backbones.catalogue  # noqa: F401  (fills the registry)
    from backbones.registry import BACKBONES

    return [
        {
            "name": entry.name,
            "other name": " ".join(BACKBONES.aliases(entry.name)),
            "stream": entry.role,
            "clip": f"{entry.input.frames}x{entry.input.crop}x{entry.input.crop} stride {entry.input.stride}",
            "what it is": entry.summary,
            "weights": ", ".join((*entry.weights, "a file")),
            "source": entry.source,
        }
        for entry in BACKBONES.discover()
    ]


def _datasets() -> list[Row]:
    from harness.data.registry import DATASETS

    return [
        {
            "name": entry.name,
            "what it is": entry.summary,
            "splits": " ".join(entry.splits),
            "--data-root": "needed" if entry.needs_root else "not needed",
            "source": entry.source,
        }
        for entry in DATASETS.discover()
    ]


def _presets() -> list[Row]:
    from harness.config.labels import label
    from harness.config.preset_files import preset, preset_names

    rows = []
    for name in preset_names():
        tree = preset(name)
        streams = {
            stream: label(tree[stream]["backbone"], tree[stream].get("width", 1))
            for stream in ("local", "global")
        }
        test = tree["test"]
        rows.append(
            {
                "name": name,
                **streams,
                "epochs": tree["train"]["epochs"],
                "batch": tree["train"]["batch_size"],
                "lr": tree["train"]["lr"],
                "test views": f"{test['local_clips']} + {test['global_clips']} clips x {test['crops']}",
            }
        )
    return rows


def _papers() -> list[Row]:
    from harness.papers.registry import PAPERS
    from results.claims.claims import of_paper
    from results.figures.kinds.written import figures_of
    from results.tables.written.maker import tables_of

    return [
        {
            "name": paper.name,
            "title": paper.sheet.title,
            "claims": len(of_paper(paper.name)),
            "tables": " ".join(tables_of(paper.name)),
            "figures": " ".join(figures_of(paper.name)),
            "presets": " ".join(paper.presets.values()),
            "source": paper.sheet.source,
            "folder": "the harness" if paper.built_in else str(paper.folder),
        }
        for paper in PAPERS
    ]


def _ambiguities() -> list[Row]:
    from results.claims.ambiguities import ambiguities

    return [each.model_dump() | {"commands": each.commands()} for each in ambiguities()]


def _deviations() -> list[Row]:
    from results.claims.deviations import deviations

    return [each.model_dump() for each in deviations()]


ROWS: dict[str, Callable[[], list[Row]]] = {
    "methods": _methods,
    "backbones": _backbones,
    "fusions": _fusions,
    "datasets": _datasets,
    "presets": _presets,
    "papers": _papers,
    "ambiguities": _ambiguities,
    "deviations": _deviations,
}
