"""A table as data: what every format is rendered from."""

from __future__ import annotations

from dataclasses import dataclass, field

COMMANDS = ("harness ", "for split in ")  # how a command begins that fills a cell


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
    """columns: headings, the first `keys` name the rows. footer: what the cells are, one line each.

    links: where a run's record is, by its id, as a page that shows the table reaches it. left_out: records
    that would fill rows, but were made under other protocols. of_study: among its runs are a study's.
    """

    name: str
    title: str
    columns: list[str]
    rows: list[list[Cell]] = field(default_factory=list)
    footer: list[str] = field(default_factory=list)
    keys: int = 1
    links: dict[str, str] = field(default_factory=dict)
    left_out: int = 0
    of_study: bool = False

    def footnotes(self) -> dict[str, int]:
        """Each footnote's number, in reading order; the same text has one number."""
        texts = dict.fromkeys(cell.footnote for row in self.rows for cell in row if cell.footnote)
        return {text: number for number, text in enumerate(texts, start=1)}


def joined(name: str, title: str, headings: tuple[str, str], left: Table, right: Table) -> Table:
    """Two tables side by side, rows by their labels; headings: what their columns begin with."""
    columns = ["", *(f"{headings[0]} {c}" for c in left.columns[1:])]
    made = Table(name, title, [*columns, *(f"{headings[1]} {c}" for c in right.columns[1:])])
    ours = {cells[0].text: cells[1:] for cells in left.rows}
    theirs = {cells[0].text: cells[1:] for cells in right.rows}
    last = [label for label in (left.rows[-1][0].text,) if label in theirs]
    for label in [label for label in dict.fromkeys((*ours, *theirs)) if label not in last] + last:
        empty = [Cell("")] * (len(left.columns) - 1), [Cell("")] * (len(right.columns) - 1)
        made.rows.append([Cell(label), *ours.get(label, empty[0]), *theirs.get(label, empty[1])])
    made.footer = list(dict.fromkeys((*left.footer, *right.footer)))
    made.links = left.links | right.links
    made.of_study = left.of_study or right.of_study
    return made


def split_command(footnote: str) -> tuple[str, str]:
    """(the words before a command, the command): "not fitted: too few: harness run …"."""
    if footnote.startswith(COMMANDS):
        return "", footnote
    found = [at for start in COMMANDS if (at := footnote.find(f": {start}")) >= 0]
    return (footnote[: min(found) + 1], footnote[min(found) + 2 :]) if found else (footnote, "")


def words(text: str) -> Cell:
    return Cell(text)


def number(value: float | None, digits: int = 1) -> Cell:
    """A reported or derived number; empty where there is none."""
    return Cell("", None) if value is None else Cell(f"{value:.{digits}f}", value)
