"""Optical flow: known motion, flips, stacks, the cache."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from support.numbered_videos import write_video

from backbones.base.errors import UsageError
from backbones.spec import FlowSpec, InputSpec
from harness.data.clips.dataset import TestClips, TrainClips, TrainSampling, Views
from harness.data.clips.transform import flipped, normalise
from harness.data.index import Video, VideoIndex
from harness.data.video import flow, flow_clips
from harness.data.video.decode import VideoFile, View
from harness.data.video.flow_cache import FlowCache

SIDE = 64


def texture(seed: int = 0) -> NDArray[np.float32]:
    noise = np.random.default_rng(seed).normal(size=(2 * SIDE, 2 * SIDE)).astype(np.float32)
    smooth = np.asarray(cv2.GaussianBlur(noise, (0, 0), 2.0))
    return (127 + 100 * smooth / np.abs(smooth).max()).astype(np.float32)


def moved(number: int, width: int, height: int, step: tuple[int, int] = (2, -1)) -> NDArray[np.uint8]:
    """The texture after `number` steps of (x, y) pixels."""
    top, left = SIDE // 2 - number * step[1], SIDE // 2 - number * step[0]
    window = texture()[top : top + height, left : left + width]
    return np.repeat(window[..., None], 3, axis=2).round().astype(np.uint8)


def spec(**over: Any) -> InputSpec:
    own = InputSpec(3, 1, (SIDE, SIDE), SIDE, 48, (flow.ZERO / 255,) * 2, (flow.SCALE / 255,) * 2, "flow")
    return replace(own, **over)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Video:
    path = tmp_path_factory.mktemp("flow") / "moving.mp4"
    write_video(path, frames=14, size=(SIDE, SIDE), picture=moved, options={"crf": "5"})
    return Video("moving.mp4", path, 0)


@pytest.mark.parametrize("algorithm", ["dis", "farneback"])
@pytest.mark.parametrize("step", [(2, -1), (-3, 0), (0, 0)])
def test_a_known_translation(algorithm: str, step: tuple[int, int]) -> None:
    first, second = (moved(n, SIDE, SIDE, step) for n in (0, 1))
    frames = {0: first, 1: second}
    field = flow.fields([0], frames, FlowSpec(algorithm), flow.estimator(algorithm))[0]
    motion = (field.astype(float) - 128) / 127 * 20
    inner = motion[12:-12, 12:-12].reshape(-1, 2)
    np.testing.assert_allclose(np.median(inner, axis=0), step, atol=0.2)


def test_quantised_by_hand() -> None:
    motion = np.array([0, 20, -20, 35, -35, 10, 0.07, -10], np.float32)
    # 128 + round(127 v / 20), after clipping; 127 · 10 / 20 = 63.5 goes to the even 64
    expected = [128, 255, 1, 255, 1, 192, 128, 64]
    assert flow.quantised(motion, 20.0).tolist() == expected
    assert flow.quantised(motion[5:6], 10.0).tolist() == [255]


def test_networks_get_motion_in_units_of_the_bound() -> None:
    fields = torch.tensor([1, 128, 255], dtype=torch.uint8)[None, :, None, None, None].expand(1, 3, 2, 2, 2)
    given = normalise(fields, spec().mean, spec().std, torch.float32)
    assert given.shape == (1, 2, 3, 2, 2)
    torch.testing.assert_close(given[0, 0, :, 0, 0], torch.tensor([-1.0, 0.0, 1.0]), atol=1e-6, rtol=0)


def test_a_mirrored_clip_has_the_opposite_motion_along_x(video: Video) -> None:
    clips = {
        flip: TrainClips([video], {"local": spec()}, TrainSampling(seed=0, flip=flip))
        for flip in (True, False)
    }
    epoch = next(epoch for epoch in range(8) if flipped(0, epoch, video.id))
    plain, turned = (clips[flip][epoch, 0]["local"].int() - 128 for flip in (False, True))
    torch.testing.assert_close(turned[..., 0], -plain[..., 0].flip(2))
    torch.testing.assert_close(turned[..., 1], plain[..., 1].flip(2))
    assert plain[..., 0].float().mean() / 127 * 20 == pytest.approx(2, abs=0.2)
    assert turned[..., 0].float().mean() / 127 * 20 == pytest.approx(-2, abs=0.2)


def test_flow_of_the_mirrored_video_is_the_mirrored_flow(tmp_path: Path, video: Video) -> None:
    """The sign is right, not only opposite: the video itself is mirrored, and its flow computed."""
    path = tmp_path / "mirrored.mp4"
    write_video(
        path,
        frames=14,
        size=(SIDE, SIDE),
        options={"crf": "5"},
        picture=lambda n, w, h: np.ascontiguousarray(moved(n, w, h)[:, ::-1]),
    )
    own, other = (
        TestClips([Video("v", p, 0)], {"s": spec()}, {"s": Views(1)}, "loop")[0]["s"][0]
        for p in (video.path, path)
    )
    difference = flow.mirrored(own).int() - other.int()
    assert difference.abs().float().median() <= 1


def test_stacks_are_consecutive_fields(video: Video) -> None:
    """Channels 2 l, 2 l + 1 of frame t are those of the field that begins l frames after it."""
    one, three = spec(frames=6), spec(frames=4, flow=FlowSpec(stack=3))
    clips = TestClips([video], {"three": three}, {"three": Views(1)}, "loop")
    with VideoFile(video.path) as file:
        whole = flow_clips.FlowClips(file, one, [View(range(13), (SIDE, SIDE), (8, 8, 48, 48))], None)
        every = np.zeros((1, 13, 48, 48, 2), np.uint8)
        whole.fill(file.read(whole.wanted()), every)
    item = clips[0]
    assert item["three"].shape == (1, 4, 48, 48, 6)
    # 14 frames have 13 fields and 11 stacks of 3: of 4 in a row the middle start is (11 - 4) // 2.
    for at in range(4):
        for level in range(3):
            got = item["three"][0, at, :, :, 2 * level : 2 * level + 2].numpy()
            np.testing.assert_array_equal(got, every[0, 3 + at + level])


def test_no_field_reaches_beyond_the_last_frame() -> None:
    view = View([0, 7, 9], (8, 8), (0, 0, 8, 8))
    assert flow.stacks(view, 3, 10).tolist() == [[0, 1, 2], [7, 8, 8], [8, 8, 8]]


def test_the_cache_equals_the_computation(
    video: Video, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def item(cache: Path | None) -> torch.Tensor:
        clips = TestClips([video], {"s": spec()}, {"s": Views(2, 3)}, "loop", flow_cache=cache)
        return clips[0]["s"]

    plain, first = item(None), item(tmp_path)
    assert torch.equal(plain, first)
    assert torch.equal(plain, item(None))
    monkeypatch.setattr(flow, "quantised", lambda *_: pytest.fail("computed again"))
    assert torch.equal(plain, item(tmp_path))


def test_other_settings_and_other_content_are_other_entries(video: Video, tmp_path: Path) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(video.path.read_bytes() + b"\0")
    size = (SIDE, SIDE)
    caches = [
        FlowCache(tmp_path, video.path, FlowSpec(), size),
        FlowCache(tmp_path, video.path, FlowSpec("farneback"), size),
        FlowCache(tmp_path, video.path, FlowSpec(bound=10), size),
        FlowCache(tmp_path, video.path, FlowSpec(), (SIDE, 2 * SIDE)),
        FlowCache(tmp_path, other, FlowSpec(), size),
    ]
    assert len({cache.folder for cache in caches}) == 5
    moved_file = tmp_path / "moved.mp4"
    moved_file.write_bytes(video.path.read_bytes())
    assert FlowCache(tmp_path, moved_file, FlowSpec(stack=10), size).folder == caches[0].folder


def test_a_damaged_entry_is_computed_again(video: Video, tmp_path: Path) -> None:
    cache = FlowCache(tmp_path, video.path, FlowSpec(), (SIDE, SIDE))
    field = np.full((SIDE, SIDE, 2), 7, np.uint8)
    cache.put(3, field)
    assert np.array_equal(cache.get(3), field)  # type: ignore[arg-type]
    (file,) = tmp_path.rglob("*.npy")
    for damage in (file.read_bytes()[:100], b"", b"nonsense"):
        file.write_bytes(damage)
        assert cache.get(3) is None
    assert cache.get(4) is None


def test_many_writers_of_one_entry(video: Video, tmp_path: Path) -> None:
    """Whoever reads meanwhile sees a whole field of one of them, or none."""
    cache = FlowCache(tmp_path, video.path, FlowSpec(), (SIDE, SIDE))
    seen: list[Any] = []

    def write(value: int) -> None:
        for _ in range(30):
            cache.put(0, np.full((SIDE, SIDE, 2), value, np.uint8))
            seen.append(cache.get(0))

    threads = [threading.Thread(target=write, args=(value,)) for value in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 120
    assert all(field is not None and len(np.unique(field)) == 1 for field in seen)
    assert len(list(tmp_path.rglob("*"))) == 3  # two folders, one file, nothing left over


def test_stills_are_refused_in_one_line(tmp_path: Path, video: Video) -> None:
    path = write_video(tmp_path / "still.mp4", frames=1, size=(SIDE, SIDE))
    still = Video("still.mp4", path, 0)
    item = TestClips([still], {"s": spec()}, {"s": Views(1)}, "loop")[0]
    assert not item["ok"]
    assert item["error"].endswith("it has one frame; optical flow needs two")
    index = VideoIndex("folder", "1", ("a",), (still,), (video,), "0" * 64)
    with pytest.raises(UsageError, match=r"local stream asks for optical flow, but still.mp4 is a still"):
        flow_clips.check_flow({"local": spec()}, index)
    flow_clips.check_flow({"local": replace(spec(), modality="rgb")}, index)


@pytest.mark.skipif(hasattr(cv2, "optflow"), reason="this OpenCV has tvl1")
def test_tvl1_without_contrib_says_what_to_install() -> None:
    with pytest.raises(UsageError, match="contrib"):
        flow.estimator("tvl1")
