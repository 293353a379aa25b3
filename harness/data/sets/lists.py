"""Lists of videos: text or CSV files with a path, a label and optionally group and split in each row."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backbones.base.errors import UserError

_COLUMNS = {
    "path": ("path", "video", "file", "filename", "clip", "video_path", "file_path"),
    "label": ("label", "class", "target", "category", "action"),
    "group": ("group", "subject", "scene", "source", "actor"),
    "split": ("split", "subset", "part", "fold"),
}
_SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("test", "testing"), "test"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
}


@dataclass(frozen=True)
class Row:
    """One video as a list or a folder names it; split is "train", "test", "val" or None."""

    path: str
    label: str
    group: str | None = None
    split: str | None = None


def split_name(text: str) -> str | None:
    """ "train", "test" or "val", also from their longer forms; None for anything else."""
    return _SPLITS.get(text.strip().lower())


def read_list(path: Path, delimiter: str | None = None, split: str | None = None) -> list[Row]:
    """The rows of a list file.

    With a header the columns are known by name, else they are path, label, group, split (or path, label,
    split if the third only names splits); with paths alone the label is the folder. delimiter: by default
    the first of tab, comma, semicolon that is in most lines, else white space. split: that of all rows.
    Raises UserError where the file is missing, empty, not text, or a row has too few columns.
    """
    table = _table(path, delimiter)
    header = _header(table[0])
    columns = header or _positions(table)
    records = table[1:] if header else table
    if not records:
        raise UserError(f"{path}: the list is empty; expected a row with path and label for each video")
    return [
        _row(path, number, columns, cells, split) for number, cells in enumerate(records, 1 + bool(header))
    ]


def read_classes(path: Path) -> list[str]:
    """Class names, one a line, in the order of their numbers; a line may start with its number."""
    lines = [line.strip() for line in read_text(path).splitlines() if line.strip()]
    numbered = [line.split(maxsplit=1) for line in lines]
    if all(len(parts) == 2 and parts[0].isdigit() for parts in numbered):
        lines = [name for _, name in sorted(numbered, key=lambda parts: int(parts[0]))]
    if not lines or len(set(lines)) < len(lines):
        raise UserError(f"{path}: expected distinct class names, one a line")
    return lines


def read_text(path: Path) -> str:
    """The text of a list file in UTF-8, without a byte order mark; a UserError where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not a text file in UTF-8") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); expected a list of videos") from error


def _table(path: Path, delimiter: str | None) -> list[list[str]]:
    lines = [line for line in read_text(path).splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        raise UserError(f"{path}: the list is empty; expected a row with path and label for each video")
    # A row that lacks its label has no delimiter either, and must not change how the others are read.
    found = delimiter or next((d for d in "\t,;" if sum(d in x for x in lines) > len(lines) / 2), " ")
    if not found.isspace() or found == "\t":
        return [[cell.strip() for cell in cells] for cells in csv.reader(lines, delimiter=found)]
    table = [line.split() for line in lines]
    if len({len(cells) for cells in table}) > 1:  # then it is the paths that have spaces
        table = [line.strip().rsplit(maxsplit=1) for line in lines]
    return table


def _header(cells: Sequence[str]) -> dict[str, int]:
    names = [cell.lower() for cell in cells]
    found = {
        column: names.index(name) for column, known in _COLUMNS.items() for name in known if name in names
    }
    return found if "path" in found else {}


def _positions(table: list[list[str]]) -> dict[str, int]:
    third_splits = all(len(cells) == 3 and split_name(cells[2]) for cells in table)
    names = ("path", "label", "split") if third_splits else tuple(_COLUMNS)
    return {name: at for at, name in enumerate(names) if at < max(len(cells) for cells in table)}


def _row(path: Path, number: int, columns: dict[str, int], cells: list[str], split: str | None) -> Row:
    values = {name: cells[at] for name, at in columns.items() if at < len(cells) and cells[at]}
    folder = Path(values.get("path", "")).parent.name
    label = values.get("label", folder if "label" not in columns else "")
    if "path" not in values or not label:
        raise UserError(f"{path}: row {number} has no path or no label: '{' '.join(cells)}'")
    named = values.get("split")
    if named and not split_name(named):
        raise UserError(f"{path}: row {number}: unknown split '{named}'; expected train, val or test")
    return Row(values["path"], label, values.get("group"), split or (split_name(named) if named else None))
