"""One list, or one to train and one to test on, which must be read alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from backbones.base.errors import UserError
from harness.data.lists.read import VideoList, read_list


def read_lists(
    root: Path,
    files: Mapping[str | None, Path],
    delimiter: str | None,
    columns: str | Sequence[str] | None,
) -> list[VideoList]:
    """The lists. files: by the split of all their rows, None where the rows say it.

    Where one of two has no labels, as UCF101's test lists, its labels are those that the other gives
    videos of the same folders.
    A `UserError` where the columns of the two are read differently.
    """
    lists = [
        read_list(file, root=root, delimiter=delimiter, columns=columns, split=part)
        for part, file in files.items()
    ]
    if len(lists) < 2:
        return lists
    labelled, bare = sorted(lists, key=lambda each: each.by_folder)
    if labelled.by_folder != bare.by_folder:
        names = _by_folder(labelled, bare, list(files.values()))
        rows = [row._replace(label=names[row.label]) for row in bare.rows]
        named = replace(bare, rows=rows, says=(*bare.says, "  its folders have the labels of the other list"))
        return [named if each is bare else each for each in lists]
    one, other = (each.roles for each in lists)
    if len(one) == len(other) and _known(one) != _known(other):
        raise UserError(
            f"folder: the two lists are read differently, as {', '.join(one)} and as {', '.join(other)}; "
            "say what the columns are with --set data.columns=NAMES"
        )
    return lists


def _known(roles: Sequence[str]) -> list[str]:
    return ["-" if role.startswith("(") else role for role in roles]


def _by_folder(labelled: VideoList, bare: VideoList, files: Sequence[Path]) -> dict[str, str]:
    """The label of each folder's name, where each has one."""
    found: dict[str, set[str]] = {}
    for row in labelled.rows:
        found.setdefault(PurePosixPath(row.path).parent.name, set()).add(row.label)
    folders = {row.label for row in bare.rows}
    lacking = sorted(folders - found.keys())
    several = sorted(folder for folder in folders if len(found.get(folder, ())) > 1)
    if lacking or several:
        odd = (lacking or several)[0]
        why = "no label there" if lacking else "several labels there"
        names = " and ".join(f"'{file}'" for file in files)
        raise UserError(
            f"folder: of {names} only one has labels, and the folder '{odd}' has {why}; "
            "give both lists labels"
        )
    return {folder: next(iter(found[folder])) for folder in folders}
