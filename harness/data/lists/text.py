"""The text of a list file, its lines, and the words of splits."""

from __future__ import annotations

import stat
from pathlib import Path, PurePosixPath

from backbones.base.errors import UserError

MOST_BYTES = 1 << 30  # a list of ten million rows has less
_SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("test", "testing"), "test"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
}


def split_name(text: str) -> str | None:
    """ "train", "test" or "val", also from their longer forms; None for anything else."""
    return _SPLITS.get(text.strip().lower())


def read_text(path: Path) -> str:
    """The text of a list file in UTF-8, without a byte order mark; a UserError where it cannot be read."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            raise UserError(f"{path}: not a regular file; expected a list of videos")
        if status.st_size > MOST_BYTES:
            raise UserError(f"{path}: {status.st_size >> 20} MiB; expected a list of videos")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not a text file in UTF-8") from error
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise UserError(f"{path}: cannot be read ({said}); expected a list of videos") from error
    if "\0" in text:
        raise UserError(f"{path}: not a text file (it has zero bytes)")
    return text


def numbered_lines(text: str) -> list[tuple[int, str]]:
    """(number from 1, line) of the lines that are not blank, without line ends of any system.

    Only line ends end a line: a name may hold other separators of Unicode.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [(number, line) for number, line in enumerate(lines, 1) if line and not line.isspace()]


def is_whole(cell: str) -> bool:
    """Whether it is a whole number, such as a class has: ASCII digits, perhaps with a minus."""
    return cell.isascii() and (cell.isdigit() or (cell[:1] == "-" and cell[1:].isdigit()))


def folder_of(path: str) -> str:
    """The name of the folder that a file is in, "" for none, as pathlib has it in a tenth of the time."""
    before, _, name = path.rpartition("/")
    folder = before.rpartition("/")[2]
    usual = name not in ("", ".") and folder not in ("", ".")
    return folder if usual else PurePosixPath(path).parent.name


def as_number(cell: str) -> int:
    """Of a cell that `is_whole`; more digits than any count has are cut, and so stay too large."""
    return int(cell[:19])


def counted(numbers: list[int]) -> bool:
    """Whether numbers, in their order, count up by one from 0 or 1."""
    first = numbers[0] if numbers else -1
    return first in (0, 1) and numbers == list(range(first, first + len(numbers)))
