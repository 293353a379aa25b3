"""What a run's videos contained when it began, in `contents.json` beside it.

The fingerprint of a data set sees names and sizes, so that it is known at once and the same everywhere. What
it does not see is told by comparing this file when a run goes on or its result is used again, and when
another run starts from it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.data.content.hashes import Hashes, size_and_stamp, stamp
from harness.data.index import Video, VideoIndex
from harness.data.index_checks import few, some
from harness.files import read_json, write_text

# So much is hashed when a run begins: seconds. Of larger data sets `harness data check` keeps the hashes.
MOST_BYTES = 2**31


@dataclass(frozen=True)
class Content:
    """stamp: of the file (`harness.data.content.hashes`). sha256: "" where it was not computed.

    size: as the fingerprint has it.
    """

    size: Any
    stamp: str
    sha256: str


@dataclass(frozen=True)
class Contents:
    """videos: of the run, by id. before: training videos of the runs that it starts from, by data set and id.

    Both are empty where a run is older than the file, or the file is damaged.
    """

    videos: Mapping[str, Content] = field(default_factory=dict)
    before: Mapping[str, Mapping[str, Content]] = field(default_factory=dict)


@dataclass(frozen=True)
class Changed:
    """Ids of videos whose contents are others, and of those of which it cannot be told: no hash was kept."""

    certain: list[str]
    unknown: list[str]


def videos_of(index: VideoIndex) -> list[Video]:
    """Every video that a run reads: training, test and held-out."""
    return [*index.train, *index.test, *index.holdout]


def look(videos: Iterable[Video], hashes: Hashes, most: int = MOST_BYTES) -> dict[str, Content]:
    """By id, without videos that cannot be read.

    Hashes that are not in the cache are computed if they take `most` bytes or fewer, otherwise none of them.
    """
    found: dict[str, Content] = {}
    missing: dict[str, Path] = {}
    for video in videos:
        size, now = size_and_stamp(video.path)
        if now:
            found[video.id] = Content(size, now, hashes.known(video.path, now))
            if not found[video.id].sha256:
                missing[video.id] = video.path
    if sum(_bytes(found[id_].size) for id_ in missing) <= most:
        for id_, path in missing.items():
            found[id_] = Content(found[id_].size, found[id_].stamp, _hash(path, hashes))
    return found


def compare(before: Contents, videos: Iterable[Video], hashes: Hashes) -> Changed:
    """What has changed since; only files that were written, or are other files, are read."""
    certain, unknown = [], []
    for video in videos:
        old = before.videos.get(video.id)
        now = stamp(video.path)
        if old is None or not now or old.stamp == now:
            continue
        if not old.sha256:
            unknown.append(video.id)
        elif _hash(video.path, hashes) not in ("", old.sha256):
            certain.append(video.id)
    return Changed(certain, unknown)


def total(found: Contents, index: VideoIndex) -> str | None:
    """SHA-256 hex over the classes and id, label and content of all videos; None where one is unknown."""
    rows = [
        [video.id, video.label, found.videos[video.id].sha256 if video.id in found.videos else ""]
        for video in videos_of(index)
    ]
    if not all(sha256 for _, _, sha256 in rows):
        return None
    return hashlib.sha256(json.dumps([list(index.classes), sorted(rows)]).encode("ascii")).hexdigest()


def say_changed(changed: Changed, run: str) -> list[str]:
    """A line for each kind. run: its id."""
    lines = []
    if changed.certain:
        lines.append(f"run {run} began with other contents of {_count(changed.certain)} under the same names")
    if changed.unknown:
        lines.append(
            f"it cannot be told whether {_count(changed.unknown)} are the same as when run {run} began: they "
            "were written or copied since, and no hash of them was kept; 'harness data check' before a run "
            "keeps them"
        )
    return lines


def write(path: Path, contents: Contents) -> None:
    """Writes the file, whole or not at all."""
    tree = {
        "videos": _plain(contents.videos),
        "before": {dataset: _plain(videos) for dataset, videos in contents.before.items()},
    }
    write_text(path, json.dumps(tree, separators=(",", ":")) + "\n", new_folder=False)


def read(path: Path) -> Contents:
    """The file's content; an empty one where it is missing or damaged."""
    try:
        tree = read_json(path)
        before = {dataset: _typed(videos) for dataset, videos in tree["before"].items()}
        return Contents(_typed(tree["videos"]), before)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return Contents()


def _plain(videos: Mapping[str, Content]) -> dict[str, list[Any]]:
    return {id_: [each.size, each.stamp, each.sha256] for id_, each in videos.items()}


def _typed(tree: Mapping[str, list[Any]]) -> dict[str, Content]:
    return {id_: Content(size, str(stamp_), str(sha256)) for id_, (size, stamp_, sha256) in tree.items()}


def _hash(path: Path, hashes: Hashes) -> str:
    """ "" where the file cannot be read."""
    try:
        return hashes.of(path)
    except OSError:
        return ""


def _bytes(size: Any) -> int:
    """Of a folder of frames, as if each were as large as the first."""
    return size[0] * size[1] if isinstance(size, list) else size


def _count(ids: list[str]) -> str:
    return f"{some(len(ids), 'video', 'videos')} ({few(ids).removeprefix(': ')})"
