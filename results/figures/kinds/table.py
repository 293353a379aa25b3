"""A table as a picture: what the paper reports in black, what was measured beside it in blue."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

from results.figures.kinds.written import FigureText, listed
from results.figures.model import Sheet, Source
from results.figures.parts.style import BLACK, BLUE, SHADE, canvas
from results.figures.parts.tabled import entries, sheet, table_of
from results.tables.model import Cell, Table

ROW, LETTER, GAP = 0.24, 0.078, 0.28  # inches: of a row, of a letter at this size, between two columns
HEADING = 16  # letters in a line of a heading
SIZE = 8.5


@dataclass(frozen=True)
class Column:
    """lines: its heading. x: inches from the left, where the first column begins and each other one ends."""

    lines: list[str]
    x: float
    measured: bool


def data(text: FigureText, source: Source) -> Sheet:
    wanted, table = table_of(text.table, source)
    rows = [
        {**entry, "cells": [cell.text for cell in cells[1:]], "bold": [cell.bold for cell in cells[1:]]}
        for entry, cells in zip(entries(wanted, table), table.rows, strict=True)
    ]
    shown = {"columns": table.columns[1:], text.list_name: rows}
    made = sheet(text.name, text.title, wanted, table, shown)
    made.notes += text.notes
    if made.fills and not _is_measured(table):
        made.notes.append(f"not measured yet: {made.fills[0]}")
    return made


def _is_measured(table: Table) -> bool:
    return any(cell.runs for row in table.rows for cell in row)


def draw(text: FigureText, made: Sheet) -> Any:
    return drawn(made, listed(text, made), text.highlight)


def picture(table: Table) -> Sheet:
    """Any table as a sheet to be drawn: its columns behind the labels, its footer and footnotes below."""
    rows = [
        {
            "label": "  ".join(cell.text for cell in cells[: table.keys]),
            "cells": [cell.text + _mark(table, cell) for cell in cells[table.keys :]],
            "bold": [cell.bold for cell in cells[table.keys :]],
        }
        for cells in table.rows
    ]
    notes = [f"[{number}] {text}" for text, number in table.footnotes().items()]
    return Sheet(
        table.name, table.title, {"columns": table.columns[table.keys :], "rows": rows}, notes + table.footer
    )


def _mark(table: Table, cell: Cell) -> str:
    return f" [{table.footnotes()[cell.footnote]}]" if cell.footnote else ""


def drawn(made: Sheet, rows: list[dict[str, Any]], highlight: str = "") -> Any:
    """rows: {"label", "cells", "bold"}."""
    columns, width = _columns(made.data["columns"], rows)
    head = max(len(column.lines) for column in columns)
    height = ROW * (len(rows) + head + 0.4)
    figure = canvas(made, max(width, 4.5), height + 0.5)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_xlim(0, max(width, 4.5))
    axes.set_ylim(height, 0)
    _headings(axes, columns, head)
    top = ROW * (head + 0.2)
    for number, row in enumerate(rows):
        _row(axes, columns, row, top + ROW * number, width, bool(highlight) and row["label"] == highlight)
    for y, thick in ((0.0, 1.1), (top, 0.6), (top + ROW * len(rows), 1.1)):
        axes.plot([0, width], [y, y], color=BLACK, linewidth=thick, clip_on=False)
    return figure


def _columns(headings: list[str], rows: list[dict[str, Any]]) -> tuple[list[Column], float]:
    """(the columns, the width of all in inches)."""
    right = LETTER * max(len(row["label"]) for row in rows)
    found = [Column([""], 0.0, False)]
    for number, heading in enumerate(headings):
        lines = textwrap.wrap(heading, HEADING) or [""]
        longest = max(len(each) for each in (*lines, *(row["cells"][number] for row in rows)))
        right += GAP + LETTER * longest
        found.append(Column(lines, right, "reported" not in heading))
    return found, right


def _headings(axes: Any, columns: list[Column], head: int) -> None:
    for column in columns[1:]:
        lines = "\n".join(column.lines)
        axes.text(column.x, ROW * head, lines, ha="right", va="bottom", fontsize=SIZE, weight="bold",
                  color=BLUE if column.measured else BLACK, linespacing=1.3)  # fmt: skip


def _row(
    axes: Any, columns: list[Column], row: dict[str, Any], y: float, width: float, stands_out: bool
) -> None:
    if stands_out:
        axes.fill_between([0, width], y, y + ROW, color=SHADE, linewidth=0)
    axes.text(0.0, y + ROW / 2, row["label"], va="center", fontsize=SIZE, gid=f"row-{row['label']}")
    for column, cell, bold in zip(columns[1:], row["cells"], row["bold"], strict=True):
        axes.text(column.x, y + ROW / 2, cell, ha="right", va="center", fontsize=SIZE,
                  weight="bold" if bold else "normal", color=BLUE if column.measured else BLACK)  # fmt: skip
