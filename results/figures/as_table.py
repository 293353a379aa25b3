"""A figure's numbers as a table of plain rows: what is drawn can be read, sorted and put into a text."""

from __future__ import annotations

from typing import Any

from backbones.base.streams import STREAMS
from results.figures.model import Sheet
from results.tables.model import Cell, Table

Rows = list[dict[str, Any]]


def as_table(made: Sheet) -> Table:
    """A row for each thing that is drawn, a column for each of its numbers; what is missing stays empty."""
    rows = BY_NAME.get(made.name, _rows)(made.data)
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    return Table(made.name, made.title, columns, cells, list(made.notes))


def _cell(value: Any) -> Cell:
    if value is None:
        return Cell("")
    if isinstance(value, float):
        return Cell(f"{value:.6g}", value)
    return Cell(str(value), value if isinstance(value, int) else None)


def _rows(data: dict[str, Any]) -> Rows:
    """The reference first, then the rows of the one list, each with the numbers that it holds in parts."""
    found: Rows = [data["baseline"]] if isinstance(data.get("baseline"), dict) else []
    for value in data.values():
        if isinstance(value, list) and all(isinstance(each, dict) for each in value):
            found += value
    return [_flat(each) for each in found]


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """`measured` as `measured value`, `measured low`, …; lists (of runs, of cells) as words."""
    found: dict[str, Any] = {}
    for key, value in row.items():
        if value is None or key in ("group", "setting", "bold"):
            continue
        if isinstance(value, dict):
            found |= {f"{key} {inner}": each for inner, each in _flat(value).items()}
        else:
            found[key] = " ".join(map(str, value)) if isinstance(value, list) else value
    return found


def _confusion(data: dict[str, Any]) -> Rows:
    """A row for each pair of classes that was met."""
    return [
        {"output": output, "true class": true, "predicted class": guess, "videos": count}
        for output, counts in data["counts"].items()
        for true, line in zip(data["classes"], counts, strict=True)
        for guess, count in zip(data["classes"], line, strict=True)
        if count
    ]


def _curves(data: dict[str, Any]) -> Rows:
    """A row for each value of each curve."""
    return [
        {
            "run": run["run"],
            "seed": run["seed"],
            "step": point["step"],
            "curve": kind,
            "of": name,
            "value": value,
        }
        for run in data["runs"]
        for point in run["points"]
        for kind, values in point["values"].items()
        for name, value in values.items()
    ]


def _per_class(data: dict[str, Any]) -> Rows:
    halves = {f"{stream}_half": f"{stream} ± (95 %)" for stream in STREAMS}
    return [{halves.get(key, key): value for key, value in each.items()} for each in data["classes"]]


BY_NAME = {"confusion": _confusion, "curves": _curves, "per-class": _per_class}
