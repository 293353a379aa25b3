"""Lists of videos: text or CSV files with a path, a label and optionally group and split in each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from backbones.base.errors import UserError
from backbones.base.plain_text import clean
from harness.data.lists.columns import Columns, find
from harness.data.lists.disk import Disk
from harness.data.lists.names import ROLES, asked_columns
from harness.data.lists.table import DELIMITERS, Table, delimiter_of, read_table
from harness.data.lists.text import folder_of, numbered_lines, read_text, split_name


class Row(NamedTuple):
    """One video as a list or a folder names it; split is "train", "test", "val" or None."""

    path: str
    label: str
    group: str | None = None
    split: str | None = None


@dataclass(frozen=True)
class VideoList:
    """A list as it was read.

    base: the folder that its paths count from. by_folder: whether the label is the folder's name. roles: what
    each column was taken for. says: that and the first rows, a line each.
    """

    rows: list[Row]
    base: Path | None
    by_folder: bool
    roles: tuple[str, ...]
    says: tuple[str, ...]


def read_list(
    path: Path,
    *,
    root: Path | None = None,
    delimiter: str | None = None,
    columns: str | Sequence[str] | None = None,
    split: str | None = None,
) -> VideoList:
    """The rows of a list file.

    With a header the columns are known by name; without, what they are is found by evidence over all rows and
    on the disk under `root`. With paths alone the label is the folder. delimiter, columns: say it outright.
    split: that of all rows. Raises UserError where the file is missing, empty, not text, where a row has too
    few columns, or where it can be read in two ways.
    """
    disk, asked = Disk(root, path, split), asked_columns(columns)
    table = read_table(path, numbered_lines(read_text(path)), disk, delimiter_of(delimiter), asked)
    found = find(path, table, disk, asked)
    rows = _rows(path, table, found.where, split)
    roles = tuple(_role(found, at) for at in range(table.width))
    base = disk.base(table.column(found.where["path"]), str(path))
    says = (_layout(path, table, roles, base, root), f"  {_first(rows)}")
    return VideoList(rows, base, "label" not in found.where, roles, says)


def _rows(file: Path, table: Table, where: dict[str, int], split: str | None) -> list[Row]:
    """The rows; equal labels, groups and splits are one object, which a million rows need."""
    path, label, group, part = (where.get(role) for role in ROLES)
    cleaned: dict[str, str] = {}
    parts: dict[str, str | None] = {}
    rows = []
    for number, cells in zip(table.numbers, table.cells, strict=True):
        name = cells[path or 0]
        text = folder_of(name) if label is None else cells[label]
        if not name or not text:
            raise UserError(f"{file}: line {number} has no path or no label: '{' '.join(cells)}'")
        word = "" if part is None else cells[part]
        if word not in parts:
            parts[word] = split_name(word)
        if word and not parts[word]:
            raise UserError(f"{file}: line {number}: unknown split '{word}'; expected train, val or test")
        if text not in cleaned:
            cleaned[text] = clean(text)
        own = cells[group] or None if group is not None else None
        rows.append(Row(name, cleaned[text], own and clean(own), split or parts[word]))
    return rows


def _role(found: Columns, at: int) -> str:
    return next((role for role, column in found.where.items() if column == at), f"({found.unused.get(at)})")


def _layout(file: Path, table: Table, roles: Sequence[str], base: Path | None, root: Path | None) -> str:
    """What the columns were taken for, as one line."""
    words = {character: word for word, character in DELIMITERS.items()} | {" ": "blank"}
    apart = f", separated by {words.get(table.delimiter, repr(table.delimiter))}" if table.width > 1 else ""
    label = "" if "label" in roles else "; the label is the folder's name"
    header = f"; header '{', '.join(table.header)}'" if table.header else "; no header"
    comments = f"; {table.comments} comment lines" if table.comments else ""
    place = f"; paths count from '{base}'" if base != root else ""
    kinds = ", ".join(roles)
    return clean(f"list {file}: {len(table.cells)} rows of {kinds}{apart}{label}{header}{comments}{place}")


def _first(rows: Sequence[Row]) -> str:
    """The first rows of two labels, if there are two."""
    other = next((row for row in rows[1:1000] if row.label != rows[0].label), None)
    shown = [f"'{row.path}' is '{row.label}'" for row in (rows[0], other) if row]
    return clean(f"such as {', '.join(shown)}")
