"""Which frames of a video a clip takes: pure functions of the length and of a key. NumPy only."""

from __future__ import annotations

import hashlib
import json
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Short = Literal["loop", "clamp"]
Key = tuple[int | str, ...]
Indices = NDArray[np.int64]


def seed_of(*parts: int | str) -> int:
    """64 bits that depend on the parts and on nothing else: the same on every machine and in every run."""
    text = json.dumps(parts).encode("ascii")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


def draw(below: int, *key: int | str) -> int:
    """An integer in [0, below), uniform over keys."""
    return seed_of(*key) * below >> 64


def span(frames: int, stride: int) -> int:
    """Video frames from the first to the last of a clip, both counted."""
    return (frames - 1) * stride + 1


def train_indices(length: int, frames: int, stride: int, short: Short, key: Key) -> Indices:
    """Frame numbers (frames,) of a training clip: a uniformly random start at which the clip fits.

    A video shorter than the clip starts at 0 and is looped or clamped (see `fit`).
    """
    start = draw(max(length - span(frames, stride), 0) + 1, *key)
    return fit(start + stride * np.arange(frames), length, short)


def test_indices(length: int, frames: int, stride: int, clips: int, short: Short) -> Indices:
    """Frame numbers (clips, frames) of `clips` uniform test clips.

    Starts are equally spaced over [0, length - span], both ends included, rounded down; a single clip
    starts in the middle of that range. In a video shorter than the clip they all start at 0.
    """
    room = max(length - span(frames, stride), 0)
    starts = np.arange(clips) * room // (clips - 1) if clips > 1 else np.array([room // 2])
    return fit(starts[:, None] + stride * np.arange(frames), length, short)


def fit(indices: Indices, length: int, short: Short) -> Indices:
    """Indices of any shape, brought into the video: "loop" starts again at 0, "clamp" repeats the end."""
    return indices % length if short == "loop" else np.minimum(indices, length - 1)


def epoch_order(videos: int, seed: int, epoch: int) -> Indices:
    """The order (videos,) in which an epoch visits the training videos, a permutation.

    Raw bits of PCG64, whose stream NumPy guarantees (that of `permutation` it does not).
    """
    bits = np.random.PCG64(seed_of(seed, epoch, "order")).random_raw(videos)
    return np.argsort(bits, kind="stable")
