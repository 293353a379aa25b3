"""Rows of `harness list` on a terminal: a table, or a paragraph for each row with long texts. No torch."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from backbones.base.plain_text import clean
from harness.cli.list_rows import Row

WIDE, WIDE_FROM = ("source", "paper"), 140  # columns that need room, and from how many characters on


def show(kind: str, rows: list[Row]) -> None:
    console = Console(highlight=False)
    if kind in PARAGRAPHS:
        for row in rows:
            PARAGRAPHS[kind](console, row)
    else:
        _show_table(console, rows)
        for row in rows:
            _show_details(console, row)


def _show_table(console: Console, rows: list[Row]) -> None:
    columns = [name for name, value in rows[0].items() if not isinstance(value, dict)]
    hidden = [name for name in WIDE if name in columns] if console.width < WIDE_FROM else []
    columns = [name for name in columns if name not in hidden]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, name in enumerate(columns):
        # A name is there to be typed, so it is never broken; nothing is cut.
        table.add_column(name, no_wrap=number == 0, overflow="fold")
    for row in rows:
        table.add_row(*(escape(clean(str(row[name]))) for name in columns))
    console.print(table)
    if hidden:
        note = f"not shown at this width: {', '.join(hidden)} (--json, or a terminal of {WIDE_FROM} columns)"
        console.print(note, style="dim")


def _show_details(console: Console, row: Row) -> None:
    """A method's streams and settings, below the table."""
    name = f"\n[bold]{escape(str(row.get('name')))}[/bold]"
    if row.get("roles"):
        console.print(f"{name}, streams: {escape(row['roles']['streams'])}")
    if row.get("settings"):
        shown = "  ".join(f"{key}={value}" for key, value in row["settings"].items())
        console.print(f"{name}, settings (--set method.NAME=VALUE): {escape(shown)}")


def _show_ambiguity(console: Console, row: Row) -> None:
    equation = f", equation {row['equation']}" if row["equation"] else ""
    setting = row["setting"] or "none: only one interpretation is implemented"
    console.print(f"[bold]{row['question']}[/bold] ({row['method']}{equation})", soft_wrap=True)
    console.print(f"  setting: {setting}", soft_wrap=True)
    for value, meaning in row["interpretations"].items():
        mark = "*" if value == row["default"] else " "
        console.print(f"  {mark} {value}: {meaning}", soft_wrap=True, markup=False)
    console.print(f"  why *: {row['why']}", soft_wrap=True, markup=False)
    for name, command in row["commands"].items():
        console.print(f"  to run {name}: {command}", soft_wrap=True, markup=False)
    console.print()


def _show_deviation(console: Console, row: Row) -> None:
    value = "null" if row["value"] is None else row["value"]
    setting = f" ({row['setting']}={value})" if row["setting"] else ""
    console.print(f"[bold]{row['name']}[/bold], section {row['where']}", soft_wrap=True)
    for word, text in (("the paper", row["text"]), ("here", row["here"] + setting), ("why", row["why"])):
        console.print(f"  {word}: {text}", soft_wrap=True, markup=False)
    if row["change"]:
        console.print(f"  to change it: {row['change']}", soft_wrap=True, markup=False)
    console.print()


PARAGRAPHS: dict[str, Callable[[Console, Row], None]] = {
    "ambiguities": _show_ambiguity,
    "deviations": _show_deviation,
}
