"""The index of a data set: which videos there are, with which label, in which split. No pixels, no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from backbones.base.errors import UserError, error_line
from harness.files import read_json


@dataclass(frozen=True)
class Video:
    """One video file.

    id: its path relative to the data set's root, with "/" (unique; what randomness and fingerprints use).
    label: index into the classes. group: videos of one group (scene, subject, source) are not independent.
    family, right: for generated clips, the family of its class and the stream known to be right
    ("local", "global", or None where neither or both are).
    """

    id: str
    path: Path
    label: int
    group: str | None = None
    family: str | None = None
    right: str | None = None


@dataclass(frozen=True)
class VideoIndex:
    """A data set in one of its splits.

    expected: number of videos the official lists promise ("train", "test"), or None where nobody says.
    missing: ids that the lists name and the disk lacks (in the fingerprint and in the denominators they
    stay out; they are shown). warnings: one line each. fingerprint: SHA-256 hex over ids, labels, split
    and sizes (of generated clips, the pixels before encoding).
    validation: videos for choosing settings. holdout: videos for fitting fusion rules. The streams see
    neither, and no video is in two parts. taken: how many of them are training videos of the data set.
    flip: whether left and right may be exchanged without changing a label.
    layout: what was taken for what in lists and folders, a line each.
    undrawn: generated videos that are listed and not made yet, which leaves the fingerprint empty; drawing_s:
    seconds that making them takes, by one that was made.
    apart: families of generated clips that headline numbers leave out. top_k: the k of top-k beside top-1;
    None is 5, or 2 of up to ten classes, where every second guess of five would be right.
    """

    dataset: str
    split: str
    classes: tuple[str, ...]
    train: tuple[Video, ...]
    test: tuple[Video, ...]
    fingerprint: str
    expected: Mapping[str, int | None] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    flip: bool = True
    holdout: tuple[Video, ...] = ()
    validation: tuple[Video, ...] = ()
    taken: int = 0
    apart: tuple[str, ...] = ()
    top_k: int | None = None
    layout: tuple[str, ...] = ()
    undrawn: int = 0
    drawing_s: float = 0.0

    @property
    def k(self) -> int:
        """Of the top-k that is measured beside top-1."""
        return self.top_k or (5 if len(self.classes) > 2 * 5 else 2)


Facts = dict[str, list[dict[str, Any]]]


def video_facts(index: VideoIndex) -> Facts:
    """What scoring needs of the videos that are not trained on, as plain types: all but where they lie."""
    parts = {"test": index.test, "holdout": index.holdout}
    return {
        part: [{key: value for key, value in asdict(video).items() if key != "path"} for video in videos]
        for part, videos in parts.items()
    }


def from_facts(rows: list[dict[str, Any]]) -> list[Video]:
    """The videos of `video_facts`, whose files are not known any more."""
    return [Video(path=Path(), **row) for row in rows]


def from_file(path: Path, part: str) -> list[Video]:
    """The videos of a part in a run's `videos.json`; a `UserError` where it is not such a file."""
    try:
        videos = from_facts(read_json(path)[part])
        if wrong := next((video for video in videos if not _is_typed(video)), None):
            raise ValueError(f"values of other types: {str(wrong.id)[:60]!r}")
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise UserError(f"{path} is not a readable list of a run's videos ({error_line(error)})") from None
    return videos


def _is_typed(video: Video) -> bool:
    words = (video.group, video.family, video.right)
    number = isinstance(video.label, int) and not isinstance(video.label, bool) and video.label >= 0
    return number and isinstance(video.id, str) and all(isinstance(word, str | None) for word in words)
