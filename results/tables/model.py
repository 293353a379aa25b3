"""A table as data: what every format is rendered from."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cell:
    """text: as shown. value, low, high: as numbers, with the interval's ends; n: seeds. runs: their ids.

    footnote: why a cell is empty, or what fills it. bold: significantly best of its column.
    """

    text: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    runs: tuple[str, ...] = ()
    footnote: str = ""
    bold: bool = False


@dataclass
class Table:
    """columns: headings, the first names the rows. footer: what the cells are, one line each."""

    name: str
    title: str
    columns: list[str]
    rows: list[list[Cell]] = field(default_factory=list)
    footer: list[str] = field(default_factory=list)

    def footnotes(self) -> dict[str, int]:
        """Each footnote's number, in reading order; the same text has one number."""
        texts = dict.fromkeys(cell.footnote for row in self.rows for cell in row if cell.footnote)
        return {text: number for number, text in enumerate(texts, start=1)}


def words(text: str) -> Cell:
    return Cell(text)


def number(value: float | None, digits: int = 1) -> Cell:
    """A reported or derived number; empty where there is none."""
    return Cell("", None) if value is None else Cell(f"{value:.{digits}f}", value)
