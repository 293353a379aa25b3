"""What a data set of clips gives of one video: counts of views, zeros of a broken one, flips, batches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from support.numbered_videos import write_video, zero_packet

from backbones.spec import HALF, InputSpec
from harness.data.clips import dataset as clips
from harness.data.index import Video

SPECS = {
    "local": InputSpec(4, 1, (64, 64), 64, 64, HALF, HALF),
    "global": InputSpec(3, 5, (64, 64), 64, 64, HALF, HALF),
}


@pytest.fixture(scope="module")
def videos(folder: Path) -> list[Video]:
    path = write_video(folder / "items.mp4", size=(64, 64), frames=20)
    broken = folder / "items-broken.mp4"
    broken.write_text("no video")
    return [Video("whole", path, 5), Video("broken", broken, 6)]


def test_a_data_set_is_as_long_as_its_videos(videos: list[Video]) -> None:
    assert len(clips.TrainClips(videos, SPECS, clips.TrainSampling(seed=0, flip=False))) == 2
    one = dict.fromkeys(SPECS, clips.Views(1))
    assert len(clips.TestClips(videos[:1], SPECS, one, "loop")) == 1


def test_views_are_clips_times_crops(videos: list[Video]) -> None:
    views = {"local": clips.Views(clips=2, crops=3), "global": clips.Views(clips=5)}
    item = clips.TestClips(videos, SPECS, views, "loop")[1]
    assert item["local"].shape == (6, 4, 64, 64, 3)
    assert item["global"].shape == (5, 3, 64, 64, 3)
    assert not item["local"].any()
    assert (item["ok"], item["label"], item["position"]) == (False, 6, 1)


def test_an_item_has_its_parts_and_no_others(videos: list[Video]) -> None:
    data = clips.TrainClips(videos, SPECS, clips.TrainSampling(seed=0, flip=False))
    parts = {"local", "local.frames", "global", "global.frames", "label", "position", "ok"}
    assert set(data[0, 0]) == parts
    assert set(data[0, 1]) == {*parts, "error", "gone"}
    assert data[0, 1]["gone"] is False  # the file is there, broken
    assert data[0, 1]["global.frames"].tolist() == [0, 0, 0]
    assert data[0, 0]["ok"] is True
    assert data[0, 0]["local"].dtype == torch.uint8


def test_damage_in_what_was_read_is_counted(tmp_path: Path) -> None:
    """Of intra pictures one is zeros: it is skipped where the clip has it, and only there."""
    path = write_video(tmp_path / "damaged.mp4", size=(64, 64), codec="mpeg4", options={"g": "1"})
    zero_packet(path, 2)
    broken = Video("damaged", path, 1)
    one = {"local": clips.Views(clips=20)}  # all frames but the first few of 60
    item = clips.TestClips([broken], {"local": SPECS["local"]}, one, "loop")[0]
    assert item["damaged"] == (0, 1)
    batch = clips.collate([{**item, "position": 3}], ("local",), drop=False)
    assert batch["damaged"] == [(3, 0, 1)]
    middle = {"local": clips.Views(clips=1)}  # frames 28 to 31
    assert "damaged" not in clips.TestClips([broken], {"local": SPECS["local"]}, middle, "loop")[0]


def test_what_was_read_before_a_file_broke_is_cleared(
    videos: list[Video], monkeypatch: pytest.MonkeyPatch
) -> None:
    def half_read(self, file, views, streams):
        streams["local"][:] = 7
        raise clips.BrokenVideo(Path("items.mp4"), "it breaks off")

    monkeypatch.setattr(clips._Clips, "_read", half_read)
    item = clips.TrainClips(videos, SPECS, clips.TrainSampling(seed=0, flip=False))[0, 0]
    assert "it breaks off" in item["error"]
    assert not item["local"].any()


def test_another_error_is_not_a_broken_video(videos: list[Video], monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(self, file, views, streams):
        raise ZeroDivisionError

    monkeypatch.setattr(clips._Clips, "_read", fault)
    with pytest.raises(ZeroDivisionError):
        clips.TrainClips(videos, SPECS, clips.TrainSampling(seed=0, flip=False))[0, 0]


@pytest.mark.parametrize("turned", [False, True])
def test_colours_are_mirrored_left_to_right(
    videos: list[Video], monkeypatch: pytest.MonkeyPatch, turned: bool
) -> None:
    monkeypatch.setattr(clips, "flipped", lambda seed, epoch, video: turned)
    plain = clips.TrainClips(videos, SPECS, clips.TrainSampling(seed=0, flip=False))[0, 0]["local"].numpy()
    found = clips.TrainClips(videos, SPECS, clips.TrainSampling(seed=0, flip=True))[0, 0]["local"].numpy()
    np.testing.assert_array_equal(found, plain[:, :, ::-1] if turned else plain)


def item(position: int, ok: bool = True) -> clips.Item:
    one = {"x": torch.full((2,), position), "label": 10 * position, "position": position, "ok": ok}
    return one if ok else {**one, "error": f"broken {position}"}


def test_a_batch_keeps_its_order() -> None:
    items = [item(3), item(1, ok=False), item(2)]
    kept = clips.collate(items, ("x",), drop=False)
    assert set(kept) == {"x", "label", "position", "ok", "failed", "gone", "damaged"}
    assert kept["x"].tolist() == [[3, 3], [1, 1], [2, 2]]
    assert (kept["label"].tolist(), kept["ok"].tolist()) == ([30, 10, 20], [True, False, True])
    assert (kept["failed"], kept["gone"]) == ([(1, "broken 1")], [])
    dropped = clips.collate(items, ("x",), drop=True)
    assert dropped["position"].tolist() == [3, 2]
    assert dropped["failed"] == [(1, "broken 1")]


def test_a_batch_without_a_whole_video_is_empty_but_has_shapes() -> None:
    batch = clips.collate([item(1, ok=False), item(2, ok=False)], ("x",), drop=True)
    assert (batch["x"].shape, batch["label"].shape, batch["ok"].shape) == ((0, 2), (0,), (0,))
    assert batch["failed"] == [(1, "broken 1"), (2, "broken 2")]
