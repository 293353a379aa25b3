"""The index of a data set: which videos there are, with which label, in which split. No pixels, no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


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
    flip: whether left and right may be exchanged without changing a label.
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
