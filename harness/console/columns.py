"""Tables for a terminal of any width: cells break at sensible places and nothing is cut. No torch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
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
    forms = _forms(headings, rows)
    others = len(headings) - keys
    for count in range(1, others + 1):
        shares = [[*range(keys), *chosen] for chosen in _shares(keys, others, count)]
        fits = [_fit(console.width, columns, forms, count == others) for columns in shares]
        if all(fits):
            return [
                _table(title + " (continued)" * (number > 0), *fit.form.of(columns), fit.label)
                for number, (columns, fit) in enumerate(zip(shares, fits, strict=True))
                if fit
            ]
    return []


def _shares(first: int, columns: int, count: int) -> list[range]:
    """The columns from `first` on, in `count` groups of about equal size."""
    ends = [first + columns * part // count for part in range(count + 1)]
    return [range(low, high) for low, high in pairwise(ends)]


@dataclass(frozen=True)
class _Form:
    """The cells in one way of breaking them. widths: of each column's longest line; they are measured once,
    and not again for every way of sharing the columns out."""

    headings: Sequence[str]
    rows: Rows
    widths: Sequence[int]

    @classmethod
    def measured(cls, headings: Sequence[str], rows: Rows) -> _Form:
        columns = zip(headings, *rows, strict=True)
        return cls(headings, rows, [max(map(_longest_line, column)) for column in columns])

    def of(self, columns: Sequence[int]) -> tuple[list[str], Rows]:
        return [self.headings[at] for at in columns], [[row[at] for at in columns] for row in self.rows]

    def total(self, columns: Sequence[int]) -> int:
        """The width of a table of these columns: a blank on both sides of each but the outermost, and a line
        of the box's between them, which is blank too."""
        return sum(self.widths[at] for at in columns) + 3 * len(columns) - 1


@dataclass(frozen=True)
class _Fit:
    """label: the most that the first column may take; None where nothing limits it."""

    form: _Form
    label: int | None = None


def _forms(headings: Sequence[str], rows: Rows) -> tuple[_Form, _Form, _Form]:
    """Whole; with broken headings; with intervals under their numbers too."""
    broken_heads = [headings[0], *(BEFORE_WORD.sub("\n", heading) for heading in headings[1:])]
    broken = [[row[0], *(BEFORE_INTERVAL.sub("\n", cell) for cell in row[1:])] for row in rows]
    return (
        _Form.measured(headings, rows),
        _Form.measured(broken_heads, rows),
        _Form.measured(broken_heads, broken),
    )


def _fit(width: int, columns: Sequence[int], forms: Sequence[_Form], break_words: bool) -> _Fit | None:
    """These columns in one part; None where they do not fit. break_words: they always do, labels broken."""
    for form in forms:
        if form.total(columns) <= width:
            return _Fit(form)
    last = forms[-1]
    room = width - last.total(columns) + last.widths[columns[0]]
    words = [len(word) for row in last.rows for word in _plain(row[columns[0]]).split()]
    return _Fit(last, max(room, 1)) if break_words or room >= max([LEAST_LABEL, *words]) else None


def _plain(cell: str) -> str:
    """Without rich's markup."""
    return Text.from_markup(cell, emoji=False).plain if "[" in cell or "\\" in cell else cell


def _longest_line(cell: str) -> int:
    """In columns of the terminal."""
    return max(map(cell_len, _plain(cell).split("\n")))


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
