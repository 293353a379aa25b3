from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from backbones.base.errors import UsageError
from backbones.spec import KINETICS_MEAN, KINETICS_STD, InputSpec
from harness.data.clips import transform

GLOBAL = InputSpec(16, 8, (256, 320), 256, 224, KINETICS_MEAN, KINETICS_STD)


def test_sizes_by_hand() -> None:
    assert transform.scaled_size(340, 256, 128) == (170, 128)
    assert transform.scaled_size(320, 240, 256) == (341, 256)
    assert transform.scaled_size(240, 320, 256) == (256, 341)
    assert transform.scaled_size(152, 244, 128) == (128, 205)
    assert transform.scaled_size(100, 100, 224) == (224, 224)


def test_crops_by_hand() -> None:
    assert transform.crop_corners(340, 256, 224, 1) == [(58, 16)]
    assert transform.crop_corners(340, 256, 224, 3) == [(0, 16), (58, 16), (116, 16)]
    assert transform.crop_corners(256, 340, 224, 3) == [(16, 0), (16, 58), (16, 116)]
    assert transform.crop_corners(171, 128, 112, 1) == [(29, 8)]
    with pytest.raises(UsageError, match="5 test crops"):
        transform.crop_corners(340, 256, 224, 5)


def test_views_of_one_clip_come_together() -> None:
    views = transform.test_views(GLOBAL, 250, (340, 256), 10, 3, "loop")
    assert len(views) == 30
    assert [view.frames[0] for view in views[:9]] == [0, 0, 0, 14, 14, 14, 28, 28, 28]
    assert [view.box[0] for view in views[:4]] == [0, 58, 116, 0]
    assert {view.size for view in views} == {(340, 256)}
    assert views[-1].frames[-1] == 249


@given(
    width=st.integers(16, 2000),
    height=st.integers(16, 2000),
    length=st.integers(1, 400),
    key=st.tuples(
        st.integers(0, 9), st.integers(0, 9), st.text(max_size=5), st.sampled_from(["local", "global"])
    ),
)
def test_training_crops_lie_in_the_frame(
    width: int, height: int, length: int, key: tuple[int, int, str, str]
) -> None:
    view = transform.train_view(GLOBAL, length, (width, height), "loop", key)
    left, top, *crop = view.box
    assert crop == [224, 224]
    assert 0 <= left <= view.size[0] - 224
    assert 0 <= top <= view.size[1] - 224
    assert 256 <= min(view.size) <= 320
    assert view.size[0] / view.size[1] == pytest.approx(width / height, rel=0.01)
    assert view == transform.train_view(GLOBAL, length, (width, height), "loop", key)


def test_training_draws_the_whole_range() -> None:
    keys = [(0, epoch, "a.avi", "global") for epoch in range(3000)]
    views = [transform.train_view(GLOBAL, 130, (256, 256), "loop", key) for key in keys]
    assert {view.size[0] for view in views} == set(range(256, 321))
    assert {view.frames[0] for view in views} == set(range(10))


def test_training_draws_every_corner() -> None:
    tight = replace(GLOBAL, short_side=(226, 226))
    keys = [(0, epoch, "a.avi", "global") for epoch in range(300)]
    boxes = [transform.train_view(tight, 130, (100, 100), "loop", key).box for key in keys]
    assert {box[:2] for box in boxes} == {(left, top) for left in range(3) for top in range(3)}


def test_streams_epochs_seeds_and_videos_draw_for_themselves() -> None:
    keys = [
        (s, e, v, stream)
        for s in (0, 1)
        for e in (0, 1)
        for v in ("a", "b")
        for stream in ("local", "global")
    ]
    views = {str(transform.train_view(GLOBAL, 300, (640, 360), "loop", key)) for key in keys}
    assert len(views) == 16


def test_flips_are_fair() -> None:
    flips = [transform.flipped(0, epoch, f"{video}.avi") for epoch in range(20) for video in range(100)]
    # 2000 throws: 5 standard deviations are 112
    assert abs(sum(flips) - 1000) < 112


def test_crop_larger_than_the_frame() -> None:
    with pytest.raises(UsageError, match="local stream: a crop of 224 px"):
        transform.check_spec("local", InputSpec(16, 1, (128, 128), 128, 224, KINETICS_MEAN, KINETICS_STD))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_normalise_equals_numpy(dtype: torch.dtype) -> None:
    clip = np.random.default_rng(0).integers(0, 256, (2, 3, 8, 10, 3), dtype=np.uint8)
    expected = (clip.transpose(0, 4, 1, 2, 3) / 255 - np.reshape(KINETICS_MEAN, (3, 1, 1, 1))) / np.reshape(
        KINETICS_STD, (3, 1, 1, 1)
    )
    result = transform.normalise(torch.from_numpy(clip), KINETICS_MEAN, KINETICS_STD, dtype)
    assert result.dtype == dtype
    assert result.shape == (2, 3, 3, 8, 10)
    assert result.is_contiguous(memory_format=torch.channels_last_3d)
    tolerance = {torch.float32: 2e-6, torch.bfloat16: 2**-8}[dtype]
    np.testing.assert_allclose(result.float().numpy(), expected, rtol=tolerance, atol=2e-6)


def test_clips_of_training_are_trained_through_after_those_of_a_test() -> None:
    """What is kept from one clip to the next may have been made in inference mode."""
    clip, mean = torch.zeros(1, 1, 2, 3, 3, dtype=torch.uint8), (0.11, 0.22, 0.33)  # of no other test
    with torch.inference_mode():
        transform.normalise(clip, mean, mean, torch.float32)
    weights = torch.ones(1, requires_grad=True)
    (weights * transform.normalise(clip, mean, mean, torch.float32)).sum().backward()
    assert weights.grad is not None
    assert weights.grad.item() == pytest.approx(-18)  # each of 18 numbers is (0 - mean) / mean


def test_what_is_kept_of_one_mean_is_not_given_to_another() -> None:
    clip = torch.full((1, 1, 1, 1, 3), 255, dtype=torch.uint8)
    for mean, std in (((0.5,) * 3, (0.5,) * 3), ((0.5,) * 3, (0.25,) * 3), ((0.0,) * 3, (0.25,) * 3)):
        found = transform.normalise(clip, mean, std, torch.float32)
        assert found.flatten().tolist() == pytest.approx([(1 - mean[0]) / std[0]] * 3)
