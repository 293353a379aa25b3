"""`harness list`: what there is by name. No torch."""

from __future__ import annotations

import json
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import click

Row = dict[str, Any]
WIDE, WIDE_FROM = ("source", "paper"), 140  # columns that need room, and how much
KINDS = ("methods", "backbones", "fusions", "datasets", "presets", "ambiguities", "departures")
EPILOG = """\b
Examples:
  harness list methods
  harness list backbones 'x3d_*' --json
  harness list ambiguities
  harness list departures
"""


@click.command("list", epilog=EPILOG)
@click.argument("kind", metavar="|".join(KINDS))
@click.argument("pattern", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_(kind: str, pattern: str | None, as_json: bool) -> None:
    """List methods, backbones, fusions, datasets, presets, or what the papers leave open (ambiguities).

    departures: where the preset 'paper' is not the paper's text. PATTERN keeps the names that match it;
    * stands for any characters (put it in quotes).
    """
    from backbones.base.errors import suggestion

    if kind not in KINDS:
        raise click.UsageError(
            f"cannot list '{kind}'{suggestion(kind, list(KINDS)) or ';'} expected {', '.join(KINDS)}"
        )
    rows = _matching(_with_plugins(kind, _ROWS[kind]()), pattern, kind)
    if as_json:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    if kind in _PARAGRAPHS:
        _PARAGRAPHS[kind](console, rows)
        return
    columns = [name for name, value in rows[0].items() if not isinstance(value, dict)]
    left_out = [name for name in WIDE if name in columns] if console.width < WIDE_FROM else []
    columns = [name for name in columns if name not in left_out]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, name in enumerate(columns):
        # A name is typed, so it is never broken; nothing is cut.
        table.add_column(name, no_wrap=number == 0, overflow="fold")
    for row in rows:
        table.add_row(*(str(row[name]) for name in columns))
    console.print(table)
    if left_out:
        console.print(
            f"left out at this width: {', '.join(left_out)} (--json, or a terminal of {WIDE_FROM} columns)",
            style="dim",
        )
    for row in rows:
        if row.get("roles"):
            console.print(f"\n[bold]{row['name']}[/bold], its streams: {escape(row['roles']['streams'])}")
        if row.get("settings"):
            shown = "  ".join(f"{key}={value}" for key, value in row["settings"].items())
            console.print(
                f"\n[bold]{row['name']}[/bold], its settings (--set method.NAME=VALUE): {escape(shown)}"
            )


def _with_plugins(kind: str, rows: list[Row]) -> list[Row]:
    """A column that says which file or package an entry came from, where any came from one."""
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


def _matching(rows: list[Row], pattern: str | None, kind: str) -> list[Row]:
    """Rows whose name, or other name, `pattern` matches; a `UsageError` where there is none."""
    if pattern is None:
        return rows
    kept = [row for row in rows if any(fnmatchcase(name, pattern) for name in _names(row))]
    if not kept:
        from backbones.base.errors import suggestion

        known = [name for row in rows for name in _names(row)]
        raise click.UsageError(
            f"no {kind} match '{pattern}'{suggestion(pattern, known) or ';'} 'harness list {kind}' shows all"
        )
    return kept


def _names(row: Row) -> list[str]:
    return [str(row.get("name", next(iter(row.values())))), *filter(None, row.get("other name", "").split())]


def _methods() -> list[Row]:
    from methods.catalogue import METHODS

    return [
        {
            "name": entry.name,
            "what it does": entry.summary,
            "paper": entry.paper,
            "equations": entry.equations,
            "own fusion": entry.fusion,
            "settings": _settings(entry.settings),
            "roles": {"streams": entry.roles} if entry.roles else {},
        }
        for entry in METHODS.discover()
    ]


def _settings(target: str) -> dict[str, str]:
    """A method's settings and their defaults, as they would be typed, the other values behind."""
    import dataclasses
    import json
    from typing import Literal, get_args, get_origin, get_type_hints

    from backbones.base.registry import load

    if not target:
        return {}
    settings: Any = load(target)
    types, shown = get_type_hints(settings), {}
    for field in dataclasses.fields(settings):
        text = field.default if isinstance(field.default, str) else json.dumps(field.default)
        others = get_args(types[field.name]) if get_origin(types[field.name]) is Literal else ()
        rest = "|".join(str(value) for value in others if value != field.default)
        shown[field.name] = f"{text} (or {rest})" if rest else str(text)
    return shown


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
    from harness.config.resolve import preset, preset_names

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


def _ambiguities() -> list[Row]:
    import dataclasses

    from results.claims.ambiguities import ambiguities

    return [dataclasses.asdict(each) for each in ambiguities()]


def _print_ambiguities(console: Any, rows: list[Row]) -> None:
    """One paragraph per question: a table's columns would be too narrow to read."""
    for row in rows:
        equation = f", equation {row['equation']}" if row["equation"] else ""
        console.print(f"[bold]{row['question']}[/bold] ({row['paper']}{equation})", soft_wrap=True)
        console.print(f"  setting: {row['setting'] or 'none, one reading only is built'}", soft_wrap=True)
        for value, meaning in row["readings"].items():
            mark = "*" if value == row["default"] else " "
            console.print(f"  {mark} {value}: {meaning}", soft_wrap=True, markup=False)
        console.print(f"  why *: {row['why']}\n", soft_wrap=True, markup=False)


def _departures() -> list[Row]:
    import dataclasses

    from results.claims.deviations import deviations

    return [dataclasses.asdict(each) for each in deviations()]


def _print_departures(console: Any, rows: list[Row]) -> None:
    for row in rows:
        value = "null" if row["value"] is None else row["value"]
        setting = f" ({row['setting']}={value})" if row["setting"] else ""
        console.print(f"[bold]{row['name']}[/bold], section {row['where']}", soft_wrap=True)
        for word, text in (("the paper", row["text"]), ("here", row["here"] + setting), ("why", row["why"])):
            console.print(f"  {word}: {text}", soft_wrap=True, markup=False)
        if row["change"]:
            console.print(f"  otherwise: {row['change']}", soft_wrap=True, markup=False)
        console.print()


_PARAGRAPHS: dict[str, Callable[[Any, list[Row]], None]] = {
    "ambiguities": _print_ambiguities,
    "departures": _print_departures,
}
_ROWS: dict[str, Callable[[], list[Row]]] = {
    "methods": _methods,
    "backbones": _backbones,
    "fusions": _fusions,
    "datasets": _datasets,
    "presets": _presets,
    "ambiguities": _ambiguities,
    "departures": _departures,
}
