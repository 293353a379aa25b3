"""One file of the corpus: what the reader says of it, and how its frames differ from the reference's."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from corpus.plan import Case
from corpus.reference import decode, plane_bytes
from numpy.typing import NDArray

from harness.data.index import Video
from harness.data.survey import check_video
from harness.data.video.decode import BrokenVideo, VideoFile
from harness.data.video.frames import FrameReader

RGB = 1  # levels that two conversions of the same frame may differ by
# Releases of swscale differ in how they interpolate the colours of 10-bit 4:2:0 between rows.
_RGB_OF = {"yuv420p10le": 10}
_SUBSETS = 6


@dataclass
class Result:
    """A line of the table.

    accepted: yes, odd or broken; said: the reader's words. frames, reference: how many the reader and the
    reference decoded. luma: stored bytes of the first plane that differ, the largest difference; rgb: the
    same of colours. alone: the largest difference of a frame that was asked for with a few others. wrong:
    what is not as it must be, empty where all is right.
    """

    accepted: str = ""
    said: str = ""
    frames: int = 0
    reference: int = 0
    luma: int = 0
    rgb: int = 0
    alone: int = 0
    wrong: list[str] = field(default_factory=list)


def compare(case: Case, path: Path) -> Result:
    checked = check_video(Video(case.name, path, 0), "test")
    result = Result(
        "broken" if checked.broken else "odd" if checked.odd else "yes", checked.broken or checked.odd
    )
    if case.expect == "broken":
        result.wrong += [] if checked.broken else ["taken for a video"]
        return result
    if not checked.broken:
        try:
            _measure(case, path, result)
        except BrokenVideo as error:
            result.wrong.append(f"checked as good, then: {str(error).removeprefix(str(path))[:100]}")
    _judge(case, result)
    return result


def _measure(case: Case, path: Path, result: Result) -> None:
    first, places, lumas = _sequential(path)
    with VideoFile(path) as file:
        size, promised = (file.width, file.height), file.frames
        images = file.images(range(promised))
    reference = decode(path, int(case.kind == "second-default"), size)
    result.frames, result.reference = len(places), reference.count
    if not case.damage and promised != reference.count:
        result.wrong.append(f"{promised} frames promised, {reference.count} decoded by the reference")
    shared = min(len(places), reference.count)
    for number in range(shared):
        stored = np.frombuffer(lumas[number], np.uint8)
        result.luma = max(result.luma, _most(stored, reference.stored[number][: len(stored)]))
        result.rgb = max(result.rgb, _most(images[places[number]], reference.rgb[number]))
    result.alone = max(_alone(path, images, case.name), int(first))


def _sequential(path: Path) -> tuple[bool, list[int], list[bytes]]:
    """The numbers and first planes of the frames that decode; whether `first` was another than the first."""
    reader, places, lumas, last = FrameReader(path), [], [], None
    first = plane_bytes(reader.first)
    for number, frame in reader.read(list(range(reader.count))):
        if frame is not last and (last is None or frame.pts != last.pts or plane_bytes(frame) != lumas[-1]):
            places.append(number)
            lumas.append(plane_bytes(frame))
        last = frame
    reader.close()
    return bool(lumas) and first != lumas[0], places, lumas


def _alone(path: Path, images: NDArray[np.uint8], name: str) -> int:
    """Few frames at a time, in a fresh reader and in one that has read others."""
    draw, most = np.random.default_rng(list(name.encode())), 0
    subsets = [[len(images) - 1], [0], list(range(0, len(images), 7))]
    subsets += [
        sorted(draw.choice(len(images), min(3, len(images)), False).tolist()) for _ in range(_SUBSETS)
    ]
    with VideoFile(path) as used:
        for subset in subsets:
            with VideoFile(path) as fresh:
                for file in (fresh, used):
                    most = max(most, _most(file.images(subset), images[subset]))
    return most


def _most(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> int:
    if one.shape != other.shape:
        return 255
    return int(np.abs(one.astype(np.int16) - other).max(initial=0))


def _judge(case: Case, result: Result) -> None:
    wrong = result.wrong
    if case.expect == "told" and result.accepted == "yes":
        wrong.append(f"{result.frames} frames of a cut file without a word")
    if case.says and case.says not in result.said:
        wrong.append(f"it does not say '{case.says}'")
    if result.accepted == "broken":
        wrong += [] if case.damage else ["refused"]
        return
    named = bool(case.damage) and result.accepted == "odd"
    if not named:
        if result.frames != result.reference:
            wrong.append(f"{result.frames} frames, the reference has {result.reference}")
        if result.luma:
            wrong.append(f"luma differs by {result.luma}")
        if result.rgb > _RGB_OF.get(case.pixels, RGB):
            wrong.append(f"colours differ by {result.rgb}")
    if result.alone and "depend" not in result.said:
        wrong.append(f"frames asked for alone differ by {result.alone}")
