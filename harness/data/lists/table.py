"""From lines to cells: comments, the delimiter, quotes, the header."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from operator import contains
from pathlib import Path

from backbones.base.errors import UsageError, UserError
from harness.data.lists import blanks
from harness.data.lists.disk import Disk, names_video, sample
from harness.data.lists.names import role_of
from harness.data.lists.text import is_whole

Lines = Sequence[tuple[int, str]]
DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
_WORDS = {**DELIMITERS, "blank": " ", "blanks": " ", "space": " "}


@dataclass
class Table:
    """The cells of a list, all rows as wide as each other.

    numbers: the rows' lines in the file, from 1. header: names of the columns, or none. comments: lines left
    out.
    """

    delimiter: str
    cells: list[list[str]]
    numbers: list[int]
    header: list[str] = field(default_factory=list)
    comments: int = 0
    _columns: dict[int, list[str]] = field(default_factory=dict)

    def column(self, at: int) -> list[str]:
        if at not in self._columns:
            self._columns[at] = [row[at] for row in self.cells]
        return self._columns[at]

    def kinds(self, at: int) -> Collection[str]:
        """The cells of a column; where many are equal, as labels are, each once."""
        column = self.column(at)
        return set(column) if 2 * len(set(column[:1000])) < len(column[:1000]) else column

    def all(self, holds: Callable[[str], object], at: int) -> bool:
        """Whether it holds for every cell of a column."""
        return all(map(holds, self.kinds(at)))

    @property
    def width(self) -> int:
        return len(self.cells[0])


def delimiter_of(setting: str | None) -> str | None:
    """The character that `data.delimiter` names, by a word or itself; a `UsageError` for anything else."""
    if setting is None:
        return None
    found = _WORDS.get(str(setting), str(setting))
    if len(found) != 1 or found in '"#\r\n':
        words = ", ".join([*DELIMITERS, "blank"])
        raise UsageError(f"folder: data.delimiter is '{setting}'; expected {words}, or one character")
    return found


def read_table(file: Path, lines: Lines, disk: Disk, delimiter: str | None, asked: Sequence[str]) -> Table:
    """The cells; a `UserError` for an empty list. asked: what the columns are, where it was said outright."""
    kept = _without_comments(file, lines, disk)
    if not kept:
        raise UserError(f"{file}: the list is empty; expected a row with path and label for each video")
    found = delimiter or _find_delimiter(kept, disk)
    if found == " ":
        header, cells = blanks.split(file, kept, disk, asked)
        named = [number for number, _ in (kept[1:] if header else kept)]
        table = Table(found, cells, named, header)
    else:
        table = _delimited(file, kept, found, disk)
    if not table.cells:
        raise UserError(f"{file}: the list is empty; expected a row with path and label for each video")
    table.comments = len(lines) - len(kept)
    return table


def _delimited(file: Path, lines: Lines, delimiter: str, disk: Disk) -> Table:
    cells = _cells(file, lines, delimiter)
    widths = Counter(map(len, cells))
    width = widths.most_common(1)[0][0]
    for (number, _), row in zip(lines, cells, strict=True) if len(widths) > 1 else ():
        while len(row) > width and not row[-1]:
            row.pop()
        if len(row) != width:
            raise UserError(
                f"{file}: line {number} has {len(row)} columns, most have {width}: '{' | '.join(row)}'; "
                "quote a name that has the delimiter in it"
            )
    while width > 1 and not any(row[width - 1] for row in cells):
        width -= 1
        cells = [row[:width] for row in cells]
    numbers = [number for number, _ in lines]
    _check_header(file, cells[0])
    if is_header(cells, disk):
        return Table(delimiter, cells[1:], numbers[1:], cells[0])
    return Table(delimiter, cells, numbers)


def _cells(file: Path, lines: Lines, delimiter: str) -> list[list[str]]:
    """Quotes are undone line by line: one that is not closed does not swallow the lines after it."""
    cells = []
    for number, line in lines:
        if '"' not in line:
            cells.append([cell.strip() for cell in line.split(delimiter)])
            continue
        try:
            row = next(csv.reader([line], delimiter=delimiter, strict=True, skipinitialspace=True))
        except csv.Error:
            raise UserError(f"{file}: line {number} has a quote that does not end a cell: '{line}'") from None
        cells.append([cell.strip() for cell in row])
    return cells


def _check_header(file: Path, first: Sequence[str]) -> None:
    """Raises where the first row names a column twice and is no row itself."""
    words = [cell.lower() for cell in first if cell]
    twice = [word for word in words if words.count(word) > 1]
    if twice and "path" in map(role_of, first) and not any(map(_is_content, first)):
        raise UserError(f"{file}: the header names '{twice[0]}' twice: '{' | '.join(first)}'")


def is_header(cells: Sequence[Sequence[str]], disk: Disk) -> bool:
    """Whether the first row names columns: it has words that are known for it, or is unlike all others."""
    first, rest = cells[0], cells[1:]
    if any(_is_content(cell) for cell in first) or len(set(first)) < len(first):
        return False
    known = [role_of(cell) for cell in first]
    if "path" in known and not disk.has(first[known.index("path")]):
        return True
    for at, name in enumerate(first):
        below = [row[at] for row in rest]
        if not below or (name and disk.has(name)):
            continue
        if all(map(is_whole, below)) or all(map(names_video, below)) or disk.share(below) > 0.5:
            return True
    return False


def _is_content(cell: str) -> bool:
    return is_whole(cell) or names_video(cell) or "/" in cell


def _find_delimiter(lines: Lines, disk: Disk) -> str:
    """That of whose columns one holds paths: on the disk, else by their endings."""
    texts = [line for _, line in lines]
    # A row that lacks its label has no delimiter either, and must not change how the others are read.
    usual = [d for d in DELIMITERS.values() if sum(map(contains, texts, repeat(d))) > len(texts) / 2]
    if not usual:
        return " "
    looked = sample(texts, 256)
    paths = {d: _best_column([text.split(d) for text in looked], disk) for d in usual}
    spaced = [path for path, _ in map(blanks.path_and_rest, looked)]
    paths[" "] = (disk.share(spaced), sum(map(names_video, spaced)) / len(spaced))
    best = max(paths.values())
    return next((d for d in usual if paths[d] == best), " ") if best > (0, 0.5) else usual[0]


def _best_column(rows: Sequence[Sequence[str]], disk: Disk) -> tuple[float, float]:
    """The largest share of names on the disk in a column, and of names of videos."""
    width = Counter(map(len, rows)).most_common(1)[0][0]
    columns = [[row[at].strip().strip('"') for row in rows if at < len(row)] for at in range(width)]
    return max(
        (disk.share(column), sum(map(names_video, column)) / len(column)) for column in columns if column
    )


def _without_comments(file: Path, lines: Lines, disk: Disk) -> list[tuple[int, str]]:
    return [(n, line) for n, line in lines if not (line.startswith("#") and _is_comment(file, n, line, disk))]


def _is_comment(file: Path, number: int, line: str, disk: Disk) -> bool:
    """Whether a line that begins with # is no row: the disk decides where it may be the name of a video."""
    names = {line.split(d)[0].strip() for d in DELIMITERS.values()} | {blanks.path_and_rest(line)[0]}
    with_it = any(map(disk.has, names))
    without = any(disk.has(name.lstrip("# ")) for name in names if name.lstrip("# "))
    if with_it != without:
        return without
    if not with_it and (line[1:2].isspace() or not any(map(names_video, names))):
        return True
    raise UserError(
        f"{file}: line {number} may be a comment or a video whose name begins with #: '{line}'; "
        "write './#…' for a name, '# …' for a comment"
    )
