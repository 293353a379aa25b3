"""Every video of a data set decoded once: what is broken, odd, or there twice; its fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from backbones.base.plain_text import clean
from harness.data.content.hashes import Hashes, content_hash
from harness.data.index import Video, VideoIndex
from harness.data.video.decode import BrokenVideo, VideoFile

SHORT = 16  # frames: a shorter video is looped by most settings
# AVI counts empty packets that follow packed B-frames, and real copies lack up to 3 frames of 150.
_USUAL = 3


@dataclass(frozen=True)
class Checked:
    """What was found in one video.

    content: SHA-256 hex over its bytes (of a folder, over its frames'), "" where unreadable. frames: how many
    decode. size: (width, height). broken: the reason why it cannot be used. odd: what is unusual about it.
    pictures: the same over what decodes: another container, or a few bytes more, hide nothing.
    """

    id: str
    part: str
    label: int
    content: str
    frames: int = 0
    size: tuple[int, int] = (0, 0)
    broken: str = ""
    odd: str = ""
    pictures: str = ""


@dataclass(frozen=True)
class Survey:
    """All videos of a data set, in the index's order, and those whose content is there more than once."""

    index: VideoIndex
    videos: tuple[Checked, ...]
    twice: tuple[tuple[Checked, ...], ...] = field(default=())

    @property
    def broken(self) -> list[Checked]:
        return [video for video in self.videos if video.broken]

    @property
    def odd(self) -> list[Checked]:
        return [video for video in self.videos if video.odd]

    @property
    def across(self) -> list[tuple[Checked, ...]]:
        """Groups of equal videos that are trained and tested on."""
        return [group for group in self.twice if len({video.part for video in group}) > 1]

    @property
    def content(self) -> str:
        """SHA-256 hex over id, label, part and content of each video: equal for equal copies anywhere."""
        rows = sorted([video.id, video.label, video.part, video.content] for video in self.videos)
        return hashlib.sha256(json.dumps([list(self.index.classes), rows]).encode("ascii")).hexdigest()

    def plain(self) -> dict[str, Any]:
        """As plain types, without paths of this machine."""
        index = self.index
        return {
            "dataset": index.dataset,
            "split": index.split,
            "classes": len(index.classes),
            "found": {"train": len(index.train), "test": len(index.test)},
            "expected": dict(index.expected),
            "missing": list(index.missing),
            "layout": list(index.layout),
            "warnings": list(index.warnings),
            "broken": {video.id: video.broken for video in self.broken},
            "odd": {video.id: video.odd for video in self.odd},
            "equal": [[f"{video.part}: {video.id}" for video in group] for group in self.twice],
            "in_both_splits": len(self.across),
            "fingerprint": index.fingerprint,
            "content": self.content,
            "videos": [asdict(video) for video in self.videos],
        }


def survey(index: VideoIndex, workers: int, progress: Callable[[int, int], None]) -> Survey:
    """Decodes and hashes all videos with `workers` threads (the decoder runs outside Python's lock).

    All hashes are computed anew, and kept for the runs to come.
    """
    work = [(part, video) for part in ("train", "test") for video in getattr(index, part)]
    pool, hashes = ThreadPoolExecutor(max_workers=workers), Hashes()
    try:
        jobs = [pool.submit(check_video, video, part, hashes.fresh) for part, video in work]
        for done, _ in enumerate(as_completed(jobs), 1):
            progress(done, len(jobs))
        videos = tuple(job.result() for job in jobs)
    finally:
        pool.shutdown(cancel_futures=True)
        hashes.close()
    return Survey(index, videos, equal_videos(videos))


def check_video(video: Video, part: str, hash_of: Callable[[Path], str] = content_hash) -> Checked:
    """One video decoded to its end. part: "train" or "test". A video that is broken is no error here."""
    content = ""
    try:
        content = hash_of(video.path)
        with VideoFile(video.path) as file:
            promised, size = file.frames, (file.width, file.height)
            decoded, sizes, pictures = file.survey()
            said = file.said
    except (BrokenVideo, OSError) as error:
        reason = clean(str(error)).removeprefix(clean(f"{video.path}: "))
        return Checked(video.id, part, video.label, content, broken=reason)
    odd = _odd(promised, decoded, sizes, said)
    return Checked(video.id, part, video.label, content, decoded, size, odd=odd, pictures=pictures)


def equal_videos(videos: Iterable[Checked]) -> tuple[tuple[Checked, ...], ...]:
    """Groups of videos with the same pictures, or where nothing decodes with the same content."""
    groups: dict[str, list[Checked]] = defaultdict(list)
    for video in videos:
        if same := video.pictures or video.content:
            groups[same].append(video)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def _odd(promised: int, decoded: int, sizes: set[tuple[int, int]], also: Iterable[str]) -> str:
    said = list(also)
    if decoded < promised - _USUAL:
        said.append(f"promises {promised} frames, {decoded} decode")
    if decoded < SHORT:
        said.append(f"only {decoded} frames")
    if len(sizes) > 1:
        said.append("its frames have different sizes")
    return "; ".join(said)
