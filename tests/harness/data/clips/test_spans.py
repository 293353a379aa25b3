"""Clips that are longer than the median video, by hand; and what such clips are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.numbered_videos import write_video

from backbones.spec import HALF, FlowSpec, InputSpec
from harness.data.clips.sample import test_indices as uniform
from harness.data.clips.spans import median_length, too_long
from harness.data.index import Video

PAPER = {
    "local": InputSpec(16, 1, (128, 128), 128, 112, HALF, HALF),
    "global": InputSpec(16, 8, (256, 320), 256, 224, HALF, HALF),
}


def test_a_video_of_60_frames_has_ten_times_the_same_clip_out_of_order() -> None:
    """16 frames at stride 8: 0, 8, …, 56, then 64 - 60 = 4 and on. The warning says so."""
    clips = uniform(60, 16, 8, 10, "loop")
    assert clips.shape == (10, 16)
    assert (clips == clips[0]).all()
    assert clips[0].tolist() == [0, 8, 16, 24, 32, 40, 48, 56, 4, 12, 20, 28, 36, 44, 52, 0]
    (line,) = too_long(PAPER, 60, "loop")
    assert line == (
        "clips of the global stream span 121 frames (16 at stride 8), the median video has 60: in a "
        "shorter video a clip loops, frames out of order, and all test clips are the same "
        "(--set global.stride=3 fits)"
    )
    assert len(np.unique(uniform(60, 16, 3, 10, "loop"), axis=0)) == 10


@pytest.mark.parametrize(("length", "warned"), [(121, 0), (120, 1), (16, 1), (15, 2)])
def test_the_span_counts_both_ends(length: int, warned: int) -> None:
    assert len(too_long(PAPER, length, "loop")) == warned


def test_a_held_frame_and_no_stride_that_fits() -> None:
    local, _ = too_long(PAPER, 15, "clamp")
    assert local.endswith("in a shorter video a clip holds the last frame, and all test clips are the same")


def test_a_stack_of_flow_needs_frames_of_its_own() -> None:
    flow = replace(PAPER["local"], modality="flow", flow=FlowSpec(stack=10))
    assert too_long({"local": flow}, 26, "loop") == []
    assert "span 26 frames" in too_long({"local": flow}, 25, "loop")[0]


def test_the_median_of_some_videos(folder: Path) -> None:
    """Of 9, 12 and 30 frames and two that cannot be opened, the median is 12."""
    paths = [write_video(folder / f"span{n}.mp4", size=(32, 32), frames=n) for n in (30, 9, 12)]
    broken = folder / "span-broken.mp4"
    broken.write_text("no video")
    videos = [Video(path.name, path, 0) for path in [*paths, broken, folder / "absent.mp4"]]
    assert median_length(videos) == 12
    assert median_length(videos[3:]) is None
    assert median_length([]) is None
    # Two of many: the first and the one in the middle.
    assert median_length([videos[1]] * 10 + [videos[0]] * 10, asked=2) == 9
