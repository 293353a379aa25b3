"""The gallery: test videos as strips of frames, with each stream's predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from backbones.base.errors import UserError
from harness.data.registry import open_index
from harness.record.schema import Record
from results.figures.dominance import dominance, kinds, weighted
from results.figures.model import Source
from results.figures.parts.runs import chosen, with_outputs
from results.figures.parts.runs import videos as stored_videos
from results.outputs.videos import Videos

FRAMES, HEIGHT, TOP = 24, 96, 3
KINDS = ("local right", "global right", "both wrong", "both right")


def gallery(source: Source, root: Path | None, most: int, folder: Path) -> dict[str, Any]:
    """Up to `most` videos of one run, as many of each kind; strips of frames are written to `folder`.

    Without stored outputs or without the files of the videos, {"why": …} says what is lacking.
    """
    try:
        record = chosen(source, "dominance", with_outputs)[0]
        stored = stored_videos(source, record, "dominance")
        paths = _paths(record, root)
    except UserError as error:
        return {"why": str(error), "videos": [], "kinds": KINDS}
    described = describe(record, stored)
    shown = [each for each in pick(described, most) if each["video"] in paths]
    folder.mkdir(parents=True, exist_ok=True)
    for number, each in enumerate(shown):
        each["strip"] = f"{number:03}.webp"
        each["frames"], each["width"] = write_strip(paths[each["video"]], folder / each["strip"])
    shown = [each for each in shown if each["frames"]]
    return {
        "why": "",
        "record": record,
        "videos": shown,
        "kinds": KINDS,
        "total": len(described),
        "height": HEIGHT,
    }


def _paths(record: Record, root: Path | None) -> dict[str, Path]:
    """Files by id. Generated clips that are not in the cache are made; others need their folder."""
    data = record.config["data"]
    if data["dataset"] != "localglobal" and root is None:
        raise UserError(f"to show videos of {data['dataset']}, give --data-root with their folder")
    index = open_index(data["dataset"], root, data["split"], data["settings"])
    if index.fingerprint != record.data.fingerprint:
        raise UserError(f"the videos here are not those that run {record.id} was tested on (fingerprint)")
    return {video.id: video.path for video in index.test}


def describe(record: Record, stored: Videos) -> list[dict[str, Any]]:
    """Per video its kind, dominance, weights and the top guesses of each stream and of adaptive fusion."""
    ours, theirs = dominance(stored.local), dominance(stored.glob)
    fused = weighted(stored.local, stored.glob)
    right = [scores.argmax(axis=1) == stored.labels for scores in (stored.local, stored.glob)]
    classes = record.data.classes
    return [
        {
            "video": name,
            "label": classes[stored.labels[row]],
            "kind": kind,
            "m": {"local": float(ours[row]), "global": float(theirs[row])},
            "weight": {
                "local": float(ours[row] / (ours[row] + theirs[row])),
                "global": float(theirs[row] / (ours[row] + theirs[row])),
            },
            "guesses": {
                "local": _top(stored.local[row], classes),
                "global": _top(stored.glob[row], classes),
                "fused": _top(fused[row], classes),
            },
        }
        for row, (name, kind) in enumerate(zip(stored.ids, kinds(*right), strict=True))
    ]


def _top(scores: Any, classes: Sequence[str]) -> list[dict[str, Any]]:
    order = np.argsort(-scores, kind="stable")[:TOP]
    return [{"class": classes[label], "percent": 100 * float(scores[label])} for label in order]


def pick(described: Sequence[Mapping[str, Any]], most: int) -> list[dict[str, Any]]:
    """As many of each kind as there are, spread evenly over the videos of the kind."""
    groups = [[each for each in described if each["kind"] == kind] for kind in KINDS]
    counts = [0] * len(groups)
    while sum(counts) < min(most, len(described)):
        for at, group in enumerate(groups):
            if counts[at] < len(group) and sum(counts) < most:
                counts[at] += 1
    return [
        dict(group[number * len(group) // count])
        for group, count in zip(groups, counts, strict=True)
        for number in range(count)
    ]


def write_strip(path: Path, target: Path) -> tuple[int, int]:
    """Evenly spaced frames side by side: (their number, the width of one); (0, 0) for a broken video."""
    from PIL import Image

    from harness.data.video.decode import BrokenVideo, VideoFile

    try:
        with VideoFile(path) as file:
            count = min(FRAMES, file.frames)
            frames = [number * file.frames // count for number in range(count)]
            width = max(2, round(file.width * HEIGHT / file.height / 2) * 2)
            clip = file.images(frames, (width, HEIGHT))
    except BrokenVideo:
        return 0, 0
    Image.fromarray(np.concatenate(list(clip), axis=1)).save(target, "WEBP", quality=70)
    return count, width
