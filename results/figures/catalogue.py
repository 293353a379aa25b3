"""Which figures there are: those of the papers' folders, and those of runs."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backbones.base.errors import UsageError, suggestion
from harness.files import write_text
from harness.papers import full_names
from results.figures.as_table import as_table
from results.figures.kinds.table import drawn as drawn_table
from results.figures.kinds.table import picture
from results.figures.kinds.written import FigureText, figures_of, of_all
from results.figures.model import Sheet, Source
from results.figures.parts.style import FORMATS, save, styled
from results.tables.model import Table
from results.tables.render import rendered


@dataclass(frozen=True)
class Entry:
    """target: the module that has `data(source) -> Sheet` and `draw(sheet) -> Figure`."""

    target: str
    shows: str


TABLES = ("csv", "md")  # formats of a figure's numbers
OF_RUNS = {
    "orders": Entry("results.figures.orders", "every measured order with its interval, against the margin"),
    "curves": Entry("results.figures.curves", "loss terms and accuracy over training"),
    "confusion": Entry("results.figures.confusion", "which classes are confused"),
    "dominance": Entry(
        "results.figures.dominance", "m_l against m_g of each video, by which stream is right"
    ),
    "per-class": Entry("results.figures.per_class", "gains of both streams, class by class"),
}


def names() -> list[str]:
    """Of all figures: those of the papers' tables, then those of runs."""
    return [*of_all(), *OF_RUNS]


def shows(name: str) -> str:
    """A line on what the figure shows."""
    return OF_RUNS[name].shows if name in OF_RUNS else of_all()[name].shows


def full_name(name: str) -> str:
    """As a figure is called; see `harness.papers.full_names`."""
    return full_names.full_name(name, "figure", names(), figures_of)


def check_format(shape: str) -> None:
    """A `UsageError` for a format that is none of a figure's and none of a table's."""
    if shape not in (*FORMATS, *TABLES):
        known = [*FORMATS, *TABLES]
        raise UsageError(f"no format '{shape}'{suggestion(shape, known) or ';'} there are {', '.join(known)}")


def sheet(name: str, source: Source) -> Sheet:
    """The figure as data. A `UserError` names what would fill it where there is nothing to show."""
    name = full_name(name)
    if name in OF_RUNS:
        return importlib.import_module(OF_RUNS[name].target).data(source)
    text = of_all()[name]
    return _kind(text).data(text, source)


@contextmanager
def drawn(made: Sheet) -> Iterator[Any]:
    """The figure as matplotlib's, in the style that it must be saved in."""
    with styled():
        if made.name in OF_RUNS:
            yield importlib.import_module(OF_RUNS[made.name].target).draw(made)
        else:
            text = of_all()[made.name]
            yield _kind(text).draw(text, made)


def _kind(text: FigureText) -> Any:
    return importlib.import_module(f"results.figures.kinds.{text.kind}")


def write_picture(table: Table, path: Path, shape: str) -> str:
    """Any table as a picture, as `write` writes a figure."""
    made = picture(table)
    with styled():
        return save(drawn_table(made, made.data["rows"]), path, shape)


def write(made: Sheet, path: Path, shape: str) -> str:
    """The figure, or its numbers as a table. Gives the letters that no font here has; see `save`."""
    if shape in TABLES:
        write_text(path, rendered(as_table(made), shape, False, path.parent))
        return ""
    with drawn(made) as figure:
        return save(figure, path, shape)
