"""Tables for a terminal of any width: cells break at sensible places and nothing is cut. No torch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

LEAST_LABEL = 12
# An interval or an n goes under its number; a footnote's mark and an arrow stay where they are.
BEFORE_INTERVAL = re.compile(r" (?=\(|\\?\[[^\]]*,)")
BEFORE_WORD = re.compile(r" (?![↑↓])")
NUMBER = re.compile(r"(\[bold\])?[-+−–—\d]")

Rows = Sequence[Sequence[str]]


def show(
    console: Console, title: str, headings: Sequence[str], rows: Rows, keys: int = 1, markup: bool = False
) -> None:
    """Prints rows of text. keys: how many of the first columns name a row. markup: whether it has rich's."""
    if not markup:
        title, headings = escape(title), [escape(each) for each in headings]
        rows = [[escape(cell) for cell in row] for row in rows]
    for table in fitted(console, title, headings, rows, keys):
        console.print(table)


def fitted(console: Console, title: str, headings: Sequence[str], rows: Rows, keys: int = 1) -> list[Table]:
    """The table, broken no more than its width needs.

    In this order: whole; headings broken; intervals under their numbers; labels broken; at last in several
    parts, each with the columns that name the rows.
    """
    others = len(headings) - keys
    for count in range(1, others + 1):
        parts = []
        for number, chosen in enumerate(_shares(keys, others, count)):
            columns = [*range(keys), *chosen]
            heads, body = [headings[i] for i in columns], [[row[i] for i in columns] for row in rows]
            parts.append(_whole(console, title + " (continued)" * (number > 0), heads, body, count == others))
        if all(parts):
            return [part for part in parts if part]
    return []


def _shares(first: int, columns: int, count: int) -> list[range]:
    """The columns from `first` on, in `count` groups of about equal size."""
    ends = [first + columns * part // count for part in range(count + 1)]
    return [range(low, high) for low, high in pairwise(ends)]


def _whole(console: Console, title: str, headings: list[str], rows: Rows, break_words: bool) -> Table | None:
    """The table in one part; None where it does not fit. break_words: it always fits, its labels broken."""
    broken_heads = [headings[0], *(BEFORE_WORD.sub("\n", heading) for heading in headings[1:])]
    broken = [[row[0], *(BEFORE_INTERVAL.sub("\n", cell) for cell in row[1:])] for row in rows]
    for head, body in ((headings, rows), (broken_heads, rows), (broken_heads, broken)):
        if _width(table := _table(title, head, body), console) <= console.width:
            return table
    nameless = [["", *row[1:]] for row in broken]
    room = console.width - _width(_table(title, ["", *broken_heads[1:]], nameless), console)
    words = [len(word) for row in rows for word in Text.from_markup(row[0]).plain.split()]
    if break_words or room >= max([LEAST_LABEL, *words]):
        return _table(title, broken_heads, broken, max(room, 1))
    return None


def _table(title: str, headings: Sequence[str], rows: Rows, label: int | None = None) -> Table:
    named = Text.from_markup(title, style="table.title", emoji=False) if title else None
    table = Table(title=named, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for index, heading in enumerate(headings):
        right = index and any(NUMBER.match(row[index]) for row in rows)
        table.add_column(
            Text.from_markup(heading, emoji=False),
            justify="right" if right else "left",
            max_width=None if index else label,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text.from_markup(cell, emoji=False) for cell in row))
    return table


def _width(table: Table, console: Console) -> int:
    """The table's width without its title, where no line is broken."""
    bare = Table(box=table.box, pad_edge=False)
    bare.columns, bare.rows = table.columns, table.rows
    return Measurement.get(console, console.options.update(width=10_000), bare).maximum
