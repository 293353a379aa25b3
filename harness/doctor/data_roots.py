"""Folders of data sets: whether they can be read and hold what the data set expects. No torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from backbones.base.errors import UserError
from harness.data.index import VideoIndex
from harness.data.registry import DATASETS, open_index
from harness.doctor.finding import Finding


def examine(roots: Sequence[str], decoder: bool) -> Iterator[Finding]:
    """roots: `DIR` or `NAME=DIR`. decoder: whether videos can be decoded here."""
    for text in roots:
        name, equals, path = text.partition("=")
        if equals and DATASETS.find(name):
            yield data_set(name, Path(path), decoder)
        else:
            yield folder(Path(text))


def folder(path: Path) -> Finding:
    """Of a data set that is not named."""
    try:
        count = sum(1 for _ in path.iterdir())
    except OSError as error:
        said = f"{path}: {error.strerror or error}"
        return Finding("data", "error", said, "give an existing folder that you may read")
    if not count:
        return Finding(
            "data", "error", f"{path} is empty", "is the disk mounted? give the folder of the videos"
        )
    said = f"{path}, {count} entries; --data-root NAME={path} looks for the videos of a data set"
    return Finding("data", "ok", said)


def data_set(name: str, path: Path, decoder: bool) -> Finding:
    """Its videos are looked for, and one of each part is decoded."""
    remedy = f"'harness data check {name} --data-root {path}' says all that is wrong"
    try:
        index = open_index(name, path, None, {})
        if decoder:
            _decode(index)
    except (UserError, OSError) as error:
        return Finding("data", "error", str(error), remedy)
    said = f"{name} in {path}: {len(index.train)} training and {len(index.test)} test videos"
    return Finding("data", "ok", said)


def _decode(index: VideoIndex) -> None:
    """Raises `BrokenVideo` where the first video of a part cannot be decoded."""
    from harness.data.video.decode import VideoFile

    for part in (index.train, index.test):
        for video in part[:1]:
            with VideoFile(video.path) as file:
                file.survey()
