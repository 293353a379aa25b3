"""Files of class names: one a line, or names with numbers in text, CSV or JSON."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backbones.base.errors import UserError
from backbones.base.plain_text import clean
from harness.data.lists.text import as_number, counted, is_whole, numbered_lines, read_text
from harness.files import parse_json

_HEADS = {
    *("name", "class", "label", "category", "action", "classname", "class_name", "label_name", "action_name"),
    *("names", "classes", "labels", "categories", "actions"),
}
_IDS = {"id", "index", "idx", "number", "class_id", "label_id", "class_index", "class_ind", "classind"}


@dataclass(frozen=True)
class Classes:
    """Class names in the order of their numbers. numbers: as the file gives them, none where it does not.

    says: what was taken for what.
    """

    names: list[str]
    numbers: list[int]
    says: str

    def number(self, label: int, first: int = 0) -> int | None:
        """The place of the class with that number, None where no class has it. first: that of class 0."""
        if not self.numbers:
            return label if 0 <= label < len(self.names) else None
        try:
            return self.numbers.index(label + self.numbers[0] if first else label)
        except ValueError:
            return None


def read_classes(path: Path) -> list[str]:
    """Class names in the order of their numbers, by the file's own where it has them."""
    return class_file(path).names


def class_file(path: Path) -> Classes:
    """The classes of a file: names one a line, numbers before or after them, a header or none, or JSON."""
    text = read_text(path)
    if text.lstrip()[:1] in ("{", "["):
        return _checked(path, _json(path, text), "JSON")
    lines = [line.strip() for _, line in numbered_lines(text)]
    rows, header, layout = _rows(path, [line for line in lines if not line.startswith("# ")])
    return _checked(path, rows, layout + (f"; header '{header}'" if header else ""))


def _rows(path: Path, lines: Sequence[str]) -> tuple[list[tuple[str, int | None]], str, str]:
    """(names with their numbers or None, the header, the layout in words)."""
    for word, delimiter in (("tab", "\t"), ("comma", ","), ("semicolon", ";"), ("blank", " ")):
        if delimiter == " ":
            cells = [[*line.split(maxsplit=1)] for line in lines]
        else:
            cells = [_cells(line, delimiter) for line in lines]
        if (found := _numbered(path, cells, delimiter)) is not None:
            return *found, f"numbers and names, separated by {word}"
    backward = [[*line.rsplit(maxsplit=1)] for line in lines]
    found = _numbered(path, backward, " ")
    if found is not None and counted([number for _, number in found[0] if number is not None]):
        return *found, "names and numbers, separated by blank"
    head = lines[0] if lines and lines[0].strip('"').lower() in _HEADS else ""
    names = [line.strip('"') for line in (lines[1:] if head else lines)]
    if not head:  # which says that there are names alone
        _refuse_half_numbered(path, names)
    return [(name, None) for name in names], head, "names, one a line"


def _refuse_half_numbered(path: Path, names: Sequence[str]) -> None:
    """Where most names begin with a number they are numbered, and some number is missing or there twice."""
    numbers = [next(iter(name.split()), "") for name in names]
    begun = [word for word in numbers if is_whole(word)]
    if len(names) > 2 and 2 * len(begun) > len(names) and min(map(as_number, begun)) in (0, 1):
        twice = sorted({word for word in begun if begun.count(word) > 1}, key=as_number)
        rest = [name for name, word in zip(names, numbers, strict=True) if not is_whole(word)]
        why = f"the number {twice[0]} is there twice" if twice else f"'{rest[0]}' has none" if rest else ""
        why = why or "they do not count up by one"
        raise UserError(
            f"{path}: names seem to have their numbers before them, but {why}; give every class its own "
            "number, or names alone; a CSV file with the header name has names that begin with numbers"
        )


def _cells(line: str, delimiter: str) -> list[str]:
    """Of one line: a quote that is not closed swallows no others."""
    try:
        row = next(csv.reader([line], delimiter=delimiter, strict=True, skipinitialspace=True), [])
    except csv.Error:
        row = line.split(delimiter)
    return [cell.strip() for cell in row]


def _numbered(
    path: Path, cells: list[list[str]], delimiter: str
) -> tuple[list[tuple[str, int | None]], str] | None:
    """Rows of a name and a number each, and their header; None where the lines are not that."""
    if not cells or any(len(row) < 2 for row in cells):
        return None
    head = [cell.lower() for cell in cells[0]]
    named = bool(set(head) & (_HEADS | _IDS)) and not any(map(is_whole, head))
    body = cells[1:] if named or not any(map(is_whole, head)) else cells
    if not body or len({len(row) for row in cells}) > 1:
        return None
    whole = [at for at in range(len(head)) if all(is_whole(row[at]) for row in body)]
    names = [at for at in range(len(head)) if at not in whole]
    if named:
        names = [at for at in names if head[at] in _HEADS] or names
    distinct = [at for at in whole if len({row[at] for row in body}) == len(body)]
    if len(distinct) != 1 or len(names) != 1:
        if delimiter != " " and (named or whole) and len(body) > 1:
            shown = delimiter.join(cells[0])
            raise UserError(f"{path}: '{shown}': expected one column of numbers and one of class names")
        return None
    if delimiter == " " and not named and not _are_numbers(path, body, distinct[0], names[0]):
        return None
    rows: list[tuple[str, int | None]] = [(row[names[0]], as_number(row[distinct[0]])) for row in body]
    return rows, delimiter.join(cells[0]) if body is not cells else ""


def _are_numbers(path: Path, body: Sequence[Sequence[str]], numbers: int, names: int) -> bool:
    """Whether words that are numbers count the classes; a name may begin with a number of its own."""
    alike = len({row[names] for row in body}) < len(body)
    if alike and numbers > names:
        return False
    if counted(sorted(as_number(row[numbers]) for row in body)):
        return True
    if alike or numbers > names:
        return False
    raise UserError(
        f"{path}: '{' '.join(body[0])}' is a class with its number, or a name that begins with one; "
        "give a CSV file with the header id,name, or name alone"
    )


def _json(path: Path, text: str) -> list[tuple[str, int | None]]:
    """Of `{"name": 0}`, `{"0": "name"}` or `["name"]`."""
    try:
        value = parse_json(text)
    except ValueError as error:
        raise UserError(f"{path}: not a JSON file ({clean(str(error))})") from None
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return [(each, None) for each in value]
    pairs = list(value.items()) if isinstance(value, dict) else []
    if pairs and all(is_whole(str(number)) for _, number in pairs):
        return [(name.strip('"'), as_number(str(number))) for name, number in pairs]
    if pairs and all(is_whole(key) and isinstance(name, str) for key, name in pairs):
        return [(name, as_number(key)) for key, name in pairs]
    raise UserError(f"{path}: expected JSON of class names with their numbers, or a list of class names")


def _checked(path: Path, rows: list[tuple[str, int | None]], layout: str) -> Classes:
    given = [number for _, number in rows if number is not None]
    if given:
        rows = sorted(rows, key=lambda row: row[1] or 0)
    names = [clean(name) for name, _ in rows]
    if not names or not all(names) or len(set(names)) < len(names) or len(set(given)) < len(given):
        raise UserError(f"{path}: expected distinct class names, one a line, or with a number each")
    if given and (min(given) < 0 or max(given) > 100_000):
        raise UserError(
            f"{path}: class numbers are {min(given)} to {max(given)}; expected 0 to {len(names) - 1}"
        )
    numbers = sorted(given)
    span = f"numbers {numbers[0]} to {numbers[-1]}" if numbers else "numbered from 0 in their order"
    return Classes(names, numbers, clean(f"{len(names)} classes by {path}: {layout}; {span}"))
