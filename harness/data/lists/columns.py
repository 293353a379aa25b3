"""Which column of a list is what: by its header, by `data.columns`, else by evidence over all rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backbones.base.errors import UserError
from harness.data.lists.blanks import SAY, alike
from harness.data.lists.disk import Disk, names_video
from harness.data.lists.names import ROLES, UNUSED, role_of
from harness.data.lists.parts import refuse_hidden
from harness.data.lists.table import Table
from harness.data.lists.text import as_number, counted, folder_of, is_whole, split_name

MANY = 20  # labels: as many distinct numbers may be counts of frames


@dataclass(frozen=True)
class Columns:
    """where: the column of each role. unused: of each other column, what it seems to hold."""

    where: dict[str, int]
    unused: dict[int, str]


def find(file: Path, table: Table, disk: Disk, asked: Sequence[str]) -> Columns:
    """The columns of a list; a `UserError` where the evidence allows two readings."""
    if asked:
        if len(asked) != table.width:
            raise UserError(
                f"{file}: data.columns names {len(asked)} columns, the list has {table.width}: "
                f"'{' | '.join(table.cells[0])}'"
            )
        roles: list[str | None] = list(asked)
    else:
        roles = [role_of(name) for name in table.header] or [None] * table.width
    where: dict[str, int] = {}
    for role in ROLES:
        at = [number for number, each in enumerate(roles) if each == role]
        if at:
            where[role] = at[0] if len(at) == 1 else _one_of(file, table, role, at)
    unused = {number: "not used" for number, role in enumerate(roles) if role == UNUSED}
    unused |= {n: f"another {r}" for n, r in enumerate(roles) if r in where and where[r] != n}
    if "path" in where and table.header and not asked:
        _check_path(file, table, disk, where["path"])
    if "path" not in where:
        where["path"] = _path(file, table, disk, [n for n in range(table.width) if n not in where.values()])
    left = [n for n in range(table.width) if n not in where.values() and n not in unused]
    if not asked and left:
        _by_evidence(file, table, disk, left, where, unused)
    if not asked and "split" not in where:
        refuse_hidden(file, table, where)
    return Columns(where, unused | {n: "not used" for n in left if n not in {*where.values(), *unused}})


def _one_of(file: Path, table: Table, role: str, at: Sequence[int]) -> int:
    """Of several columns for one role: of labels with a number each, the names."""
    texts = [n for n in at if not table.all(is_whole, n)]
    if role == "label" and len(texts) == 1 and all(_one_to_one(table, texts[0], n) for n in at):
        return texts[0]
    names = ", ".join(table.header[n] for n in at)
    raise UserError(f"{file}: the columns {names} may each be the {role}; {SAY}")


def _path(file: Path, table: Table, disk: Disk, candidates: Sequence[int]) -> int:
    """The column of videos: by their names' ending, and by the disk where several or none end so."""
    named = [n for n in candidates if _name_videos(table, n)]
    if len(named) == 1:
        return named[0]
    there = {n: disk.share(table.column(n)) for n in named or candidates}
    most = max(there.values(), default=0.0)
    best = [n for n, share in there.items() if share == most]
    if most and len(best) == 1:
        return best[0]
    if len(named) > 1:
        cells = " and ".join(f"'{table.cells[0][n]}'" for n in named[:2])
        raise UserError(f"{file}: {cells} of one row may each be its video; {SAY}")
    first = table.column(0)
    distinct = len(set(first)) > len(first) / 2 and not all(map(is_whole, first))
    if not table.header and 0 in candidates and distinct:
        return 0  # no file is there: what is missing is said by name
    shown = " | ".join(table.header or table.cells[0])
    raise UserError(f"{file}: no column names videos that are there: '{shown}'; {SAY}, such as path,label")


def _check_path(file: Path, table: Table, disk: Disk, path: int) -> None:
    """Raises where the header calls one column the video, and another one has all videos."""
    if _name_videos(table, path) or disk.share(table.column(path)):
        return
    for other in range(table.width):
        if other != path and _name_videos(table, other):
            header, cells = table.header, table.cells[0]
            raise UserError(
                f"{file}: the header calls column {path + 1} '{header[path]}', with '{cells[path]}', but "
                f"column {other + 1}, '{header[other]}', has videos, such as '{cells[other]}'; {SAY}"
            )


def _name_videos(table: Table, at: int) -> bool:
    """Whether most cells end as the names of videos do."""
    column = table.column(at)
    return any(map(names_video, table.kinds(at))) and sum(map(names_video, column)) > len(column) / 2


def _by_evidence(
    file: Path, table: Table, disk: Disk, left: list[int], where: dict[str, int], unused: dict[int, str]
) -> None:
    """Fills in the roles of columns that have no known name."""
    if "split" not in where and (len(left) > 1 or "label" in where or _in_folders(table, where["path"])):
        split = next((n for n in reversed(left) if table.all(split_name, n)), None)
        if split is not None:
            where["split"] = split
            left = [n for n in left if n != split]
    if "label" in where:
        return
    left = _without_counts(table, disk, left, where["path"], unused)
    label = _label(file, table, left, where["path"], unused)
    if label is None:
        if unused and not _in_folders(table, where["path"]):
            raise UserError(f"{file}: no column is a label: '{' | '.join(table.cells[0])}'; {SAY}")
        return
    where["label"] = label
    others = [n for n in left if n != label and n not in unused]
    _check_label(file, table, label, bool(others) or len(left) > 1)
    if not table.header and "group" not in where and others:
        if len(others) > 1:
            raise UserError(f"{file}: {_shown(table, others)} beside the label are not known; {SAY}")
        _group(table, others[0], where, unused)


def _in_folders(table: Table, path: int) -> bool:
    """Whether each video is in a folder, which may be its label."""
    return all(map(folder_of, table.column(path)))


def _group(table: Table, at: int, where: dict[str, int], unused: dict[int, str]) -> None:
    """A column that only repeats the label says nothing of groups, and would forbid every hold-out."""
    if _one_to_one(table, where["label"], at):
        unused[at] = "the label again"
    elif at < where["label"] and table.all(is_whole, at):
        unused[at] = _numbers(table, at)
    else:
        where["group"] = at


def _without_counts(
    table: Table, disk: Disk, left: list[int], path: int, unused: dict[int, str]
) -> list[int]:
    """Without columns that count the rows, or the frames that are on the disk."""
    kept = []
    for n in left:
        column = table.column(n)
        numbers = table.all(is_whole, n)
        if numbers and len(left) > 1 and len(column) > 2 and counted(list(map(as_number, column))):
            unused[n] = "counts the rows"
        elif numbers and disk.counts_frames(table.column(path), column):
            unused[n] = "counts the frames"
        else:
            kept.append(n)
    return kept


def _label(file: Path, table: Table, left: Sequence[int], path: int, unused: dict[int, str]) -> int | None:
    """The column of labels, None where there is none."""
    if len(left) < 2:
        return left[0] if left else None
    folders = list(map(folder_of, table.column(path)))
    same = [n for n in left if all(map(alike, folders, table.column(n)))]
    if len(same) == 1:
        return same[0]
    numbers = [n for n in left if table.all(is_whole, n)]
    texts = [n for n in left if n not in numbers]
    classes = [n for n in numbers if _like_classes(table, n)]
    if not texts:
        if len(classes) == 1:
            unused |= {n: _numbers(table, n) for n in numbers if n not in classes}
            return classes[0]
        raise UserError(
            f"{file}: {_shown(table, left)} may each be the label; {SAY}, such as path,frames,label"
        )
    if left[0] in texts:
        return left[0]
    if left[0] in classes and not _one_to_one(table, left[0], texts[0]):
        if table.delimiter != " ":
            return left[0]
        raise UserError(f"{file}: {_shown(table, left)} may each be the label; {SAY}, such as path,-,label")
    return texts[0]


def _like_classes(table: Table, at: int) -> bool:
    """Whether numbers are those of classes: from 0 or 1, few left out, most of them more than once."""
    values = list(map(as_number, table.column(at)))
    kinds = set(values)
    return min(kinds) in (-1, 0, 1) and 2 <= len(kinds) <= len(values) / 2 and 2 * len(kinds) >= max(kinds)


def _check_label(file: Path, table: Table, label: int, chosen: bool) -> None:
    """Raises where the only column of numbers is unlike labels: it may count frames or seconds."""
    column = table.column(label)
    if chosen or table.header or not table.all(is_whole, label):
        return
    kinds = set(map(as_number, column))
    if min(kinds) > 1 and len(kinds) > MANY and 2 * len(kinds) < max(kinds):
        raise UserError(
            f"{file}: {_numbers(table, label)} may be labels or counts of frames; {SAY}, such as path,label "
            "or path,frames"
        )


def _one_to_one(table: Table, one: int, other: int) -> bool:
    pairs = set(zip(table.column(one), table.column(other), strict=True))
    return len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def _numbers(table: Table, at: int) -> str:
    values = list(map(as_number, table.column(at)))
    return f"numbers {min(values)} to {max(values)}"


def _shown(table: Table, at: Sequence[int]) -> str:
    return " and ".join(f"'{table.cells[0][n]}' (column {n + 1})" for n in at)
