"""Figures whose numbers are a table's: the same records, protocol and intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backbones.base.plain_text import counted
from results.figures.model import Sheet, Source, column, fills, point, reported
from results.tables.build import build
from results.tables.catalogue import spec
from results.tables.model import Table
from results.tables.spec import Row, Spec

# Of a table's footer, what holds for a figure too.
KEPT = ("measured on ", "columns over fewer", "fewer than ", "reported numbers", "left out")
INTERVALS = (
    "intervals: 95 %, of the mean over pre-trainings (Student t; from scratch each seed is one) or, of a "
    "single one, over its videos, which says nothing about others"
)


def table_of(name: str, source: Source) -> tuple[Spec, Table]:
    """The table's rows as settings, and the table filled from the source's records."""
    wanted = spec(name, source.methods)
    return wanted, build(wanted, source.loaded, source.dataset, source.seeds, source.protocol)


def entries(wanted: Spec, table: Table) -> list[dict[str, Any]]:
    """Per row {"label", "setting", "reported", "measured", "to_first"}; top-1, None where there is none."""
    reported_column, measured = column(table, "top-1", "reported"), column(table, "top-1", "measured")
    gap = column(table, "Δ")
    settings = {row.label: row for row in wanted.rows}
    found = []
    for cells in table.rows:
        row = settings.get(cells[0].text, Row(cells[0].text))
        found.append(
            {
                "label": row.label,
                "setting": row.setting,
                "reported": reported(cells[reported_column].text) if reported_column is not None else None,
                "measured": point(cells[measured]) if measured is not None else None,
                "to_first": point(cells[gap]) if gap is not None else None,
            }
        )
    return found


def sheet(
    name: str, title: str, wanted: Spec, table: Table, data: dict[str, Any], intervals: bool = True
) -> Sheet:
    """With the table's footer as notes. Panels are named after where the measured numbers come from.

    intervals: whether any is drawn.
    """
    cells = [cell for row in table.rows for cell in row]
    place = next((line for line in table.footer if line.startswith("measured on ")), "")
    notes = [line for line in table.footer if line.startswith(KEPT)]
    if place and intervals:
        notes.insert(1, INTERVALS)
    if table.of_study and (lacking := _not_run(wanted, table)):
        notes.append(f"not run, since the study has no such arm: {'; '.join(lacking)}")
    if table.left_out:
        many = counted(table.left_out, "record")
        notes.append(
            f"not included: {many} of other protocols; the footer of table '{wanted.name}' names them"
        )
    data = {"reported_on": wanted.paper, "measured_on": _place(place), **data}
    return Sheet(name, title, data, notes, fills(cells, wanted.name))


def _not_run(wanted: Spec, table: Table) -> list[str]:
    """The rows that could be run and have no run."""
    runnable = {row.label for row in wanted.rows if row.setting}
    empty = [cells[0].text for cells in table.rows if not any(cell.runs for cell in cells)]
    return [label for label in empty if label in runnable]


def _place(line: str) -> str:
    """`localglobal standard, preset tiny, a + b` of a footer's first line."""
    return line.removeprefix("measured on ").partition(":")[0]


def pretrainings_of(points: Sequence[dict[str, Any] | None]) -> str:
    """`5 pre-trainings`, or `3 to 5 pre-trainings` where they differ; from scratch each seed is one."""
    counts = sorted({each["n"] for each in points if each})
    if not counts:
        return "not measured"
    many = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else f"{counts[0]}"
    return f"{many} pre-training{'s' * (counts[-1] > 1)}"
