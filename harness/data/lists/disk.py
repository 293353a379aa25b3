"""What the disk says about a list: which names are there, and from which folder its paths count."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from backbones.base.errors import UserError
from harness.data.index_checks import SUFFIXES, numbered_frames
from harness.data.lists.text import as_number, split_name

T = TypeVar("T")
SAMPLE = 64  # rows that are looked for on the disk, evenly over the list
_ENDINGS = tuple(SUFFIXES)


def names_video(cell: str) -> bool:
    """Whether it ends like a video file's name."""
    return cell.lower().endswith(_ENDINGS)


def sample(rows: Sequence[T], most: int = SAMPLE) -> list[T]:
    """At most twice so many, evenly from the first to the last."""
    return list(rows[:: max(1, len(rows) // most)])


class Disk:
    """Folders that the paths of a list may count from; the first is the data set's root."""

    def __init__(self, root: Path | None, file: Path, part: str | None = None) -> None:
        """part: of all rows of the list, where it is known."""
        self.root = root
        self.bases = _bases(root, file, part) if root else []

    def has(self, path: str) -> bool:
        """Whether the path is there, from any of the folders."""
        try:
            return any(os.access(base / path, os.F_OK) for base in self.bases)
        except (OSError, ValueError):
            return False

    def share(self, paths: Sequence[str]) -> float:
        """The share of a sample of the paths that is there."""
        looked = sample(paths)
        return sum(map(self.has, looked)) / len(looked) if looked else 0.0

    def counts_frames(self, paths: Sequence[str], numbers: Sequence[str]) -> bool:
        """Whether each of a few folders of frames has that number of frames (within one)."""
        seen = 0
        for path, number in sample(list(zip(paths, numbers, strict=True)), 8):
            folder = next((b / path for b in self.bases if path and (b / path).is_dir()), None)
            if folder is None:
                continue
            frames = len(numbered_frames(folder))
            if frames < 4:  # class numbers are as small
                continue
            seen += 1
            if frames - as_number(number) not in (-1, 0, 1):
                return False
        return seen > 0

    def base(self, paths: Sequence[str], what: str) -> Path | None:
        """The folder that the list's paths count from: the root wherever it has as many of them.

        A `UserError` where two others have equally many.
        """
        looked = sample(paths)
        found = {base: sum((base / path).exists() for path in looked) for base in self.bases}
        most = max(found.values(), default=0)
        if not self.root or not most or found[self.bases[0]] == most:
            return self.root
        best = [base for base, count in found.items() if count == most]
        if len({os.path.realpath(base) for base in best}) > 1:
            places = " and ".join(f"'{base}'" for base in best[:2])
            raise UserError(
                f"{what}: its videos are in {places} alike; write paths relative to '{self.root}'"
            )
        return best[0]


def _bases(root: Path, file: Path, part: str | None) -> list[Path]:
    """The root, its folders that name the list's part, the list's own folder, the folder of the root."""
    named: Iterable[Path] = ()
    if part and root.is_dir():
        wanted = {"train"} if part == "train" else {"test", "val"}
        named = sorted(path for path in root.iterdir() if path.is_dir() and _parts(path.name) & wanted)
    return list(dict.fromkeys([root, *named, file.parent, root.parent]))


def _parts(name: str) -> set[str | None]:
    """The splits that a folder's name has among its words, as `videos_train` has."""
    return {split_name(word) for word in re.split(r"[^a-z]+", name.lower())} - {None}
