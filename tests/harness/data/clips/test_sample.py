from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.data.clips import sample

LENGTHS = range(1, 301)


def test_hash_equals_b2sum() -> None:
    # printf '[1, "a"]' | b2sum -l 64, and so on
    assert sample.seed_of(1, "a") == 0x9EC0464774C04B61
    assert sample.seed_of(7, 0, "walk/a.avi", "local", "start") == 0x22C0EE20D5EBE97D
    assert sample.seed_of("é") == 0x388E92A4B8F47099


def test_parts_of_a_key_do_not_run_together() -> None:
    keys = [("a", "b"), ("ab",), ("a", "b", ""), (1, 2), (12,), ("1", 2), ('a", "b',)]
    assert len({sample.seed_of(*key) for key in keys}) == len(keys)


def test_draw_is_uniform_and_complete() -> None:
    counts = Counter(sample.draw(7, "key", n) for n in range(7000))
    assert sorted(counts) == list(range(7))
    # chi-square with 6 degrees of freedom: 22.5 has p = 0.001
    assert sum((count - 1000) ** 2 / 1000 for count in counts.values()) < 22.5


def test_indices_by_hand() -> None:
    assert sample.test_indices(10, 4, 2, 3, "loop").tolist() == [[0, 2, 4, 6], [1, 3, 5, 7], [3, 5, 7, 9]]
    assert sample.test_indices(10, 4, 2, 1, "loop").tolist() == [[1, 3, 5, 7]]
    assert sample.test_indices(5, 4, 2, 2, "loop").tolist() == [[0, 2, 4, 1]] * 2
    assert sample.test_indices(5, 4, 2, 2, "clamp").tolist() == [[0, 2, 4, 4]] * 2
    assert sample.test_indices(1, 3, 8, 1, "loop").tolist() == [[0, 0, 0]]
    assert sample.train_indices(7, 4, 2, "loop", (0,)).tolist() == [0, 2, 4, 6]
    assert sample.train_indices(3, 5, 1, "loop", (0,)).tolist() == [0, 1, 2, 0, 1]
    assert sample.train_indices(3, 5, 1, "clamp", (0,)).tolist() == [0, 1, 2, 2, 2]


@pytest.mark.parametrize("short", ["loop", "clamp"])
@pytest.mark.parametrize(("frames", "stride", "clips"), [(16, 1, 10), (16, 8, 10), (4, 3, 1), (1, 5, 2)])
def test_test_clips_at_every_length(frames: int, stride: int, clips: int, short: sample.Short) -> None:
    for length in LENGTHS:
        expected = []
        for clip in range(clips):
            last_start = length - 1 - (frames - 1) * stride
            share = clip / (clips - 1) if clips > 1 else 0.5
            at = int(share * last_start + 1e-9) if last_start > 0 else 0
            row = []
            for _ in range(frames):
                row.append(at % length if short == "loop" else min(at, length - 1))
                at += stride
            expected.append(row)
        assert sample.test_indices(length, frames, stride, clips, short).tolist() == expected


@pytest.mark.parametrize("short", ["loop", "clamp"])
@pytest.mark.parametrize(("frames", "stride"), [(16, 1), (16, 8), (4, 3)])
def test_training_clips_at_every_length(frames: int, stride: int, short: sample.Short) -> None:
    for length in LENGTHS:
        clip = sample.train_indices(length, frames, stride, short, ("seed", length)).tolist()
        if length > (frames - 1) * stride:
            assert clip == list(range(clip[0], clip[0] + frames * stride, stride))
            assert clip[0] >= 0
            assert clip[-1] < length
        else:
            wide = [number * stride for number in range(frames)]
            assert clip == [n % length if short == "loop" else min(n, length - 1) for n in wide]


def test_every_start_is_drawn() -> None:
    starts = {int(sample.train_indices(12, 4, 2, "loop", ("k", n))[0]) for n in range(300)}
    assert starts == {0, 1, 2, 3, 4, 5}


@given(
    length=st.integers(1, 10**7),
    frames=st.integers(1, 64),
    stride=st.integers(1, 64),
    clips=st.integers(1, 12),
    short=st.sampled_from(["loop", "clamp"]),
)
def test_indices_are_frames_of_the_video(
    length: int, frames: int, stride: int, clips: int, short: sample.Short
) -> None:
    tested = sample.test_indices(length, frames, stride, clips, short)
    trained = sample.train_indices(length, frames, stride, short, (length, frames))
    assert tested.shape == (clips, frames)
    assert trained.shape == (frames,)
    both = np.concatenate([tested.ravel(), trained])
    assert both.min() >= 0
    assert both.max() < length
    starts = tested[:, 0]
    assert (np.diff(starts) >= 0).all()
    if clips > 1 and length >= sample.span(frames, stride):
        assert starts[0] == 0
        assert tested[-1, -1] == length - 1


@given(videos=st.integers(1, 200), seed=st.integers(0, 2**32), epoch=st.integers(0, 1000))
def test_an_epoch_is_a_permutation(videos: int, seed: int, epoch: int) -> None:
    order = sample.epoch_order(videos, seed, epoch)
    assert sorted(order.tolist()) == list(range(videos))
    assert order.tolist() == sample.epoch_order(videos, seed, epoch).tolist()


def test_epochs_and_seeds_differ() -> None:
    orders = {tuple(sample.epoch_order(20, seed, epoch)) for seed in range(5) for epoch in range(5)}
    assert len(orders) == 25
