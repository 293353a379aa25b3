from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from support.numbered_videos import number_in, write_video

from backbones.spec import HALF, InputSpec
from harness.data.clips import dataset as clips
from harness.data.clips import transform
from harness.data.index import Video
from harness.data.video.decode import VideoFile

# The crop is the whole of the 64x64 frames, so that their numbers can be read off.
SPECS = {
    "local": InputSpec(8, 1, (64, 64), 64, 64, HALF, HALF),
    "global": InputSpec(6, 5, (64, 64), 64, 64, HALF, HALF),
}


@pytest.fixture(scope="module")
def videos(folder: Path) -> list[Video]:
    paths = [write_video(folder / f"square{n}.mp4", size=(64, 64), frames=n) for n in (60, 40, 12)]
    broken = folder / "broken.mp4"
    broken.write_text("no video")
    return [Video(path.name, path, label) for label, path in enumerate([*paths, broken])]


def numbers(clip: torch.Tensor) -> list[int]:
    return [number_in(frame) for frame in clip.numpy()]


def test_training_clips_show_their_frames(videos: list[Video]) -> None:
    data = clips.TrainClips(videos, SPECS, clips.TrainSampling(seed=3, flip=False))
    for epoch in range(4):
        for position, length in enumerate((60, 40, 12)):
            item = data[epoch, position]
            local, far = numbers(item["local"]), numbers(item["global"])
            assert (item["local.frames"].tolist(), item["global.frames"].tolist()) == (local, far)
            assert local == list(range(local[0], local[0] + 8))
            if length > 25:
                assert far == list(range(far[0], far[0] + 30, 5))
            else:
                assert far == [0, 5, 10, 3, 8, 1]
            assert (item["label"], item["position"], item["ok"]) == (position, position, True)


def test_training_clips_are_a_function_of_their_key(videos: list[Video]) -> None:
    data = clips.TrainClips(videos, SPECS, clips.TrainSampling(seed=3, flip=True))
    alone = clips.TrainClips(videos, {"global": SPECS["global"]}, clips.TrainSampling(seed=3, flip=True))
    starts = set()
    for epoch in range(6):
        item = data[epoch, 0]
        starts.add(number_in(item["local"][0].numpy()))
        assert torch.equal(item["local"], data[epoch, 0]["local"])
        assert torch.equal(item["global"], alone[epoch, 0]["global"])
    assert len(starts) > 2


def test_streams_draw_for_themselves(videos: list[Video]) -> None:
    twice = {"local": SPECS["local"], "global": SPECS["local"]}
    data = clips.TrainClips(videos, twice, clips.TrainSampling(seed=3, flip=False))
    items = [data[epoch, 0] for epoch in range(5)]
    assert any(numbers(item["local"]) != numbers(item["global"]) for item in items)


def test_one_clip_for_both_streams_is_the_global_ones(videos: list[Video]) -> None:
    twice = {"local": SPECS["local"], "global": SPECS["local"]}
    data = clips.TrainClips(videos, twice, clips.TrainSampling(seed=3, flip=True, same_clip=True))
    apart = clips.TrainClips(videos, twice, clips.TrainSampling(seed=3, flip=True))
    for epoch in range(5):
        item = data[epoch, 0]
        assert torch.equal(item["local"], item["global"])
        assert torch.equal(item["global"], apart[epoch, 0]["global"])


def test_one_clip_of_colours_and_of_flow_begins_at_the_same_frame(videos: list[Video]) -> None:
    """Field n is from frame n to n + 1, so of 60 frames flow has 59: only they are drawn from."""
    rgb = SPECS["local"]
    mixed = {"local": replace(rgb, modality="flow", mean=(0.5, 0.5), std=(0.5, 0.5)), "global": rgb}
    data = clips.TrainClips(videos, mixed, clips.TrainSampling(seed=3, flip=False, same_clip=True))
    items = [data[epoch, 0] for epoch in range(12)]
    for item in items:
        assert item["local.frames"].tolist() == item["global.frames"].tolist() == numbers(item["global"])
    alone = clips.TrainSampling(seed=3).views({"flow": mixed["local"]}, ("a", 60, (64, 64)), 0)
    one = clips.TrainSampling(seed=3, same_clip=True)
    starts = {one.views(mixed, ("a", 60, (64, 64)), epoch)["global"].frames[0] for epoch in range(600)}
    assert starts == set(range(52))  # a clip of 8 of 59 fields
    assert alone["flow"].frames[-1] < 59


def test_one_clip_of_a_short_video_loops_alike_in_colours_and_flow(videos: list[Video]) -> None:
    rgb = replace(SPECS["local"], frames=14)
    mixed = {"local": replace(rgb, modality="flow", mean=(0.5, 0.5), std=(0.5, 0.5)), "global": rgb}
    for short, end in (("loop", [0, 1, 2]), ("clamp", [10, 10, 10])):
        sampling = clips.TrainSampling(seed=3, short=short, flip=False, same_clip=True)
        item = clips.TrainClips(videos, mixed, sampling)[0, 2]  # 12 frames, 11 fields
        assert numbers(item["global"]) == item["local.frames"].tolist() == [*range(11), *end]


def test_flips_mirror_both_streams(videos: list[Video]) -> None:
    plain = clips.TrainClips(videos, SPECS, clips.TrainSampling(seed=0, flip=False))
    mirrored = clips.TrainClips(videos, SPECS, clips.TrainSampling(seed=0, flip=True))
    epochs = [epoch for epoch in range(8) if transform.flipped(0, epoch, videos[0].id)]
    assert 0 < len(epochs) < 8
    for epoch in range(8):
        for stream in SPECS:
            before, after = plain[epoch, 0][stream].numpy(), mirrored[epoch, 0][stream].numpy()
            np.testing.assert_array_equal(after, before[:, :, ::-1] if epoch in epochs else before)


def test_test_clips_are_their_views(videos: list[Video]) -> None:
    specs = {
        "local": InputSpec(4, 1, (40, 40), 40, 32, HALF, HALF),
        "global": InputSpec(5, 3, (64, 80), 72, 64, HALF, HALF),
    }
    views = {"local": clips.Views(3, 3), "global": clips.Views(2)}
    item = clips.TestClips(videos, specs, views, "clamp")[1]
    assert item["local"].shape == (9, 4, 32, 32, 3)
    assert item["global"].shape == (2, 5, 64, 64, 3)
    with VideoFile(videos[1].path) as file:
        # 40 frames: three starts over [0, 36], two over [0, 27]
        local = [file.images(range(at, at + 4), (40, 40)) for at in (0, 18, 36)]
        wide = [file.images(range(at, at + 15, 3), (72, 72)) for at in (0, 27)]
    assert item["local.frames"][::3, 0].tolist() == [0, 18, 36]
    assert item["global.frames"].tolist() == [[0, 3, 6, 9, 12], [27, 30, 33, 36, 39]]
    for clip in range(3):
        for crop, left in enumerate((0, 4, 8)):
            wanted = local[clip][:, 4:36, left : left + 32]
            np.testing.assert_array_equal(item["local"][3 * clip + crop].numpy(), wanted)
    for clip in range(2):
        np.testing.assert_array_equal(item["global"][clip].numpy(), wide[clip][:, 4:68, 4:68])


def test_a_broken_video_is_reported_and_not_replaced(videos: list[Video]) -> None:
    item = clips.TrainClips(videos, SPECS, clips.TrainSampling(seed=0, flip=True))[0, 3]
    assert not item["ok"]
    assert item["error"].startswith("cannot be read as a video")  # without the path of this machine
    assert item["label"] == 3
    assert item["local"].shape == (8, 64, 64, 3)
    assert not item["local"].any()


def test_a_video_that_breaks_off_gives_no_pixels(tmp_path: Path) -> None:
    path = write_video(tmp_path / "half.mp4", codec="mpeg4", options={"g": "1"}, size=(64, 64))
    with av.open(str(path)) as container:
        packets = [(packet.pos or 0, packet.size) for packet in container.demux(video=0) if packet.size]
    content = bytearray(path.read_bytes())
    for start, size in packets[20:]:
        content[start : start + size] = bytes(size)
    path.write_bytes(content)
    views = dict.fromkeys(SPECS, clips.Views(2))
    item = clips.TestClips([Video("half.mp4", path, 0)], SPECS, views, "loop")[0]
    assert not item["ok"]
    assert item["error"].endswith("only 20 of its 60 frames can be decoded")
    assert not item["local"].any()
    assert not item["global"].any()


def test_a_vanished_video_is_reported(tmp_path: Path) -> None:
    views = dict.fromkeys(SPECS, clips.Views(1))
    item = clips.TestClips([Video("x.mp4", tmp_path / "x.mp4", 0)], SPECS, views, "loop")[0]
    assert not item["ok"]
    assert item["error"] == "cannot be read as a video (No such file or directory)"


def test_collate_drops_or_keeps(videos: list[Video]) -> None:
    data = clips.TrainClips(videos, SPECS, clips.TrainSampling(seed=0, flip=True))
    items = [data[0, 1], data[0, 3], data[0, 0]]
    dropped = clips.collate(items, tuple(SPECS), drop=True)
    assert dropped["position"].tolist() == [1, 0]
    assert dropped["local"].shape == (2, 8, 64, 64, 3)
    assert [position for position, _ in dropped["failed"]] == [3]
    kept = clips.collate(items, tuple(SPECS), drop=False)
    assert kept["position"].tolist() == [1, 3, 0]
    assert kept["ok"].tolist() == [True, False, True]
    assert kept["failed"] == dropped["failed"]


def test_a_batch_of_broken_videos_is_empty(videos: list[Video]) -> None:
    data = clips.TrainClips(videos, SPECS, clips.TrainSampling(seed=0, flip=True))
    batch = clips.collate([data[0, 3]], tuple(SPECS), drop=True)
    assert batch["local"].shape == (0, 8, 64, 64, 3)
    assert batch["label"].tolist() == []
    assert len(batch["failed"]) == 1
