"""Lists whose columns are separated by blanks, which names and labels may have in them too."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from backbones.base.errors import UserError
from harness.data.index_checks import SUFFIXES
from harness.data.lists.disk import Disk, names_video, sample
from harness.data.lists.names import UNUSED, role_of
from harness.data.lists.text import as_number, counted, folder_of, is_whole, split_name

Lines = Sequence[tuple[int, str]]
_VIDEO = re.compile(
    rf"\s*(.*(?:{'|'.join(re.escape(suffix) for suffix in SUFFIXES)}))(?=\s|$)(.*)$", re.IGNORECASE
)
_QUOTED = re.compile(r'\s*"((?:[^"]|"")+)"(?=\s|$)(.*)$')
SAY = "say which with --set data.columns=NAMES"


def path_and_rest(line: str) -> tuple[str, str]:
    """A line divided after its quoted name, or the name that ends like a video, or its first word."""
    if simple := _video_and_word(line):
        return simple
    if '"' in line and (quoted := _QUOTED.match(line)):
        return quoted[1].replace('""', '"'), quoted[2].strip()
    if "." in line and (video := _VIDEO.match(line)):
        return video[1], video[2].strip()
    first, _, rest = line.strip().partition(" ")
    if "\t" in first:
        first, rest = [*line.split(maxsplit=1), ""][:2]
    return first, rest.strip()


def _video_and_word(line: str) -> tuple[str, str] | None:
    """What `_VIDEO` finds in the usual line, a name and a word, in less time."""
    cells = line.rsplit(None, 1)
    if len(cells) < 2 or '"' in line or not names_video(cells[0]):
        return None
    if "." in cells[1] and names_video(cells[1]):
        return None
    return cells[0].lstrip(), cells[1]


def split(file: Path, lines: Lines, disk: Disk, asked: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """(names of the columns, or none; the cells of all other lines).

    A `UserError` where a header has more or fewer names than there are columns.
    """
    looked = [line for _, line in sample(lines)]
    plain = [path_and_rest(line) for line in looked] == [_divided(line, disk) for line in looked]
    pairs = [_divided(line, disk, plain) for _, line in lines]
    header = _header(pairs, lines[0][1], disk, asked)
    if header:
        lines, pairs = lines[1:], pairs[1:]
    if not pairs:
        return header, []
    roles = list(asked) or [role_of(name) or "" for name in header]
    if "path" in roles:
        rows = [_by_roles(file, number, pair, roles) for (number, _), pair in zip(lines, pairs, strict=True)]
        return header or [], rows
    front, pairs = _front(file, pairs, disk)
    rest = _rest(file, pairs)
    cells = [[path, *more] for (path, _), more in zip(pairs, rest, strict=True)]
    if front:
        cells = [[first, *row] for first, row in zip(front, cells, strict=True)]
    if header and len(header) != len(cells[0]):
        raise UserError(
            f"{file}: the header '{' '.join(header)}' has {len(header)} names for {len(cells[0])} columns; "
            f"{SAY}"
        )
    widths = {len(row) for row in cells}
    return header, cells if len(widths) == 1 else _evened(file, lines, cells)


def _evened(file: Path, lines: Lines, cells: list[list[str]]) -> list[list[str]]:
    """Some lines have nothing but a name."""
    width = max(map(len, cells))
    for (number, line), row in zip(lines, cells, strict=True):
        if len(row) < width:
            raise UserError(f"{file}: line {number} has no path or no label: '{line.strip()}'")
    return cells


def _divided(line: str, disk: Disk, plain: bool = False) -> tuple[str, str]:
    """As `path_and_rest`; of a folder's name with blanks, the longest that is on the disk.

    plain: no name of a sample has blanks, so that numbers after a word are no part of a name.
    """
    if simple := _video_and_word(line):
        return simple
    path, rest = path_and_rest(line)
    if not rest or names_video(path) or line.lstrip().startswith('"'):
        return path, rest
    if (plain and all(map(is_whole, rest.split()))) or disk.has(path):
        return path, rest
    ends = [blank.start() for blank in re.finditer(r"\s+", line.strip())][1:]
    for end in reversed(ends[-8:]):
        if disk.has(line.strip()[:end]):
            return line.strip()[:end], line.strip()[end:].strip()
    return path, rest


def _header(pairs: Sequence[tuple[str, str]], line: str, disk: Disk, asked: Sequence[str]) -> list[str]:
    """The words of the first line, where it names columns."""
    words = line.split()
    if any(is_whole(word) or names_video(word) or "/" in word for word in words) or disk.has(pairs[0][0]):
        return []
    if "path" in [role_of(word) for word in words]:
        return words
    others = [path for path, _ in pairs[1:]]
    numbered = bool(others) and all(is_whole(rest.split()[-1]) for _, rest in pairs[1:] if rest)
    alike = others and (sum(map(names_video, others)) > len(others) / 2 or disk.share(others) > 0.5)
    return words if alike or (numbered and any(rest for _, rest in pairs[1:])) else []


def _by_roles(file: Path, number: int, pair: tuple[str, str], roles: Sequence[str]) -> list[str]:
    """The cells of a row whose columns are known: the path and the label may have blanks, others none."""
    path, rest = pair
    at = roles.index("path")
    before = path.split(maxsplit=at) if at else [path]
    after = rest.split()
    wanted = len(roles) - at - 1
    spread = len(after) - wanted
    label = next((i for i, role in enumerate(roles[at + 1 :]) if role == "label"), None)
    if spread > 0 and label is not None:
        after[label : label + spread + 1] = [" ".join(after[label : label + spread + 1])]
    if len(before) != at + 1 or len(after) != wanted:
        text = f"{path} {rest}".strip()
        raise UserError(f"{file}: line {number} does not have {len(roles)} columns: '{text}'")
    return [*before, *after]


def _front(file: Path, pairs: list[tuple[str, str]], disk: Disk) -> tuple[list[str], list[tuple[str, str]]]:
    """A column before the path, where every name begins with a word of its own: the disk decides."""
    if not all(len(path.split(maxsplit=1)) > 1 for path, _ in pairs):
        return [], pairs
    cut = [path.split(maxsplit=1) for path, _ in pairs]
    whole, part = disk.share([path for path, _ in pairs]), disk.share([words[1] for words in cut])
    firsts = [words[0] for words in cut]
    numbers = all(map(is_whole, firsts))
    if whole > part or (whole == part and not numbers):
        return [], pairs
    if whole == part and not (len(firsts) > 2 and counted([as_number(each) for each in firsts])):
        raise UserError(
            f"{file}: '{pairs[0][0]}' is a name with a blank, or a number and a name; {SAY}, "
            "such as path,label or label,path"
        )
    return firsts, [(words[1], rest) for words, (_, rest) in zip(cut, pairs, strict=True)]


def _rest(file: Path, pairs: Sequence[tuple[str, str]]) -> list[list[str]]:
    """What stands after the names, in columns."""
    words = [rest.split() for _, rest in pairs]
    counts = {len(each) for each in words}
    if counts <= {0, 1}:
        return words
    if len(counts) == 1 and all(is_whole(word) for each in words for word in each):
        return words
    ends = []
    if min(counts) > 1 and all(split_name(each[-1]) for each in words):
        ends = [[each[-1]] for each in words]
        words = [each[:-1] for each in words]
    starts: list[list[str]] = [[] for _ in words]
    if min(map(len, words)) > 1 and all(is_whole(each[0]) for each in words):
        starts = [[each[0]] for each in words]
        words = [each[1:] for each in words]
    labels = _labels(file, pairs, words)
    ends = ends or [[] for _ in words]
    return [[*first, *label, *last] for first, label, last in zip(starts, labels, ends, strict=True)]


def _labels(file: Path, pairs: Sequence[tuple[str, str]], words: Sequence[Sequence[str]]) -> list[list[str]]:
    """One label of several words, unless it is several columns, which the names of folders tell apart."""
    whole = [[" ".join(each)] if each else [] for each in words]
    if {len(each) for each in words} == {1} or len({len(each) for each in words}) > 1:
        return whole
    folders = [folder_of(path) for path, _ in pairs]
    if all(alike(folder, label[0]) for folder, label in zip(folders, whole, strict=True)):
        return whole
    if all(alike(folder, each[0]) for folder, each in zip(folders, words, strict=True)):
        return [list(each) for each in words]
    columns = ",".join(["path", "label", "group", "split", *[UNUSED] * len(words[0])][: len(words[0]) + 1])
    raise UserError(
        f"{file}: '{whole[0][0]}' is one label of {len(words[0])} words, or that many columns; "
        f"say which with --set data.columns=path,label or data.columns={columns}"
    )


def alike(folder: str, label: str) -> bool:
    """Whether they are one name, but for case and what stands between words."""
    return bool(folder) and re.sub(r"[\s_-]+", "", folder).lower() == re.sub(r"[\s_-]+", "", label).lower()
