from __future__ import annotations

from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from support.numbered_videos import number_in, write_video

from backbones.spec import HALF, InputSpec
from harness.data.clips import preview
from harness.data.clips.dataset import TrainSampling, Views
from harness.data.clips.transform import flipped
from harness.data.index import Video, VideoIndex

SPECS = {
    "local": InputSpec(4, 1, (64, 64), 64, 64, HALF, HALF),
    "global": InputSpec(20, 2, (64, 64), 64, 64, HALF, HALF),
}


@pytest.fixture(scope="module")
def index(folder: Path) -> VideoIndex:
    paths = [write_video(folder / f"preview{n}.mp4", size=(64, 64), frames=n) for n in (40, 50)]
    broken = folder / "preview-broken.mp4"
    broken.write_text("no video")
    train, good, bad = (Video(path.name, path, 0) for path in (*paths, broken))
    return VideoIndex("made-up", "1", ("run",), (train,), (good, bad), "")


def protocol(flip: bool = False) -> preview.Protocol:
    views = {"local": Views(3), "global": Views(1)}
    return preview.Protocol(SPECS, TrainSampling(0, flip=flip), views)


def frames(pixels: np.ndarray, count: int) -> list[int]:
    cells = [pixels[:, at * 66 : at * 66 + 64] for at in range(count)]
    return [number_in(cell) for cell in cells]


def test_strips_show_the_frames_that_their_titles_name(index: VideoIndex) -> None:
    strips = preview.sheet(index, protocol(), videos=5, epoch=1)
    assert len(strips) == 2 + 4 + 1
    start = frames(strips[0].pixels, 4)[0]
    assert f"local: 4 frames {start}, {start + 1}, … {start + 3} of 40" in strips[0].title
    assert frames(strips[0].pixels, 4) == list(range(start, start + 4))
    # Three local test clips of 4 frames over 50: they start at 0, 23 and 46.
    assert [frames(one.pixels, 4)[0] for one in strips[2:5]] == [0, 23, 46]
    assert "local, clip 2 of 3: 4 frames 23, 24, … 26 of 50" in strips[3].title
    # Of 20 frames with stride 2, from (50 - 39) // 2 = 5 on, 16 are shown: the first and the last among them.
    shown = frames(strips[5].pixels, 16)
    assert (shown[0], shown[-1], len(set(shown))) == (5, 43, 16)
    assert "broken: " in strips[6].title


def test_flips_are_shown_and_said(index: VideoIndex) -> None:
    epoch = next(epoch for epoch in range(20) if flipped(0, epoch, index.train[0].id))
    plain = preview.sheet(index, protocol(), 1, epoch)[0]
    mirrored = preview.sheet(index, protocol(flip=True), 1, epoch)[0]
    np.testing.assert_array_equal(mirrored.pixels[:, :64], plain.pixels[:, 63::-1])
    assert mirrored.title == plain.title + ", mirrored"


def test_pick_spreads() -> None:
    videos = [Video(str(n), Path(), 0) for n in range(10)]
    assert [video.id for video in preview.pick(videos, 3)] == ["0", "3", "6"]
    assert preview.pick(videos, 99) == videos


def test_drawing(index: VideoIndex, tmp_path: Path) -> None:
    preview.draw(preview.sheet(index, protocol(), 1, 0), tmp_path / "sheet.png", "made-up")
    picture = matplotlib.image.imread(tmp_path / "sheet.png")
    assert picture.shape[1] == 1240
    assert picture.min() < 0.1
