"""What sampling says of a few keys, by other means: whole numbers, hashlib's bytes, NumPy's raw bits."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from harness.data.clips import sample


def bits(text: str) -> int:
    """The first 64 bits of BLAKE2b of 8 bytes, most significant byte first."""
    return int(hashlib.blake2b(text.encode(), digest_size=8).hexdigest(), 16)


@pytest.mark.parametrize("below", [1, 2, 7, 1000, 2**40])
def test_a_draw_is_the_share_of_64_bits(below: int) -> None:
    """floor(bits / 2^64 * below), in whole numbers."""
    for n in range(20):
        assert sample.draw(below, "key", n) == bits(f'["key", {n}]') * below // 2**64


def test_a_training_clip_starts_where_its_draw_says() -> None:
    """100 frames leave 100 - 22 = 78 starts after 0 for 4 frames, 7 apart."""
    for n in range(10):
        start = bits(f'["k", {n}]') * 79 // 2**64
        found = sample.train_indices(100, 4, 7, "loop", ("k", n)).tolist()
        assert found == [start, start + 7, start + 14, start + 21]


def test_the_last_start_of_a_training_clip_is_drawn_too() -> None:
    starts = {int(sample.train_indices(5, 2, 3, "clamp", (n,))[0]) for n in range(40)}
    assert starts == {0, 1}


def test_an_epochs_order_sorts_raw_bits() -> None:
    for seed, epoch in ((0, 0), (3, 17)):
        raw = np.random.PCG64(bits(f'[{seed}, {epoch}, "order"]')).random_raw(9)
        expected = sorted(range(9), key=lambda n: int(raw[n]))
        assert sample.epoch_order(9, seed, epoch).tolist() == expected


@pytest.mark.parametrize(("frames", "stride", "wide"), [(1, 5, 1), (2, 5, 6), (16, 1, 16), (16, 8, 121)])
def test_a_clips_span_counts_both_ends(frames: int, stride: int, wide: int) -> None:
    assert sample.span(frames, stride) == wide


def test_test_clips_by_hand() -> None:
    """12 frames, clips of 3 frames 2 apart: starts 0 to 7."""
    assert sample.test_indices(12, 3, 2, 4, "loop")[:, 0].tolist() == [0, 2, 4, 7]
    assert sample.test_indices(12, 3, 2, 2, "loop").tolist() == [[0, 2, 4], [7, 9, 11]]
    assert sample.test_indices(12, 3, 2, 1, "loop").tolist() == [[3, 5, 7]]
    assert sample.test_indices(2, 4, 3, 3, "loop").tolist() == [[0, 1, 0, 1]] * 3
    assert sample.test_indices(2, 4, 3, 3, "clamp").tolist() == [[0, 1, 1, 1]] * 3


def test_frames_past_the_end() -> None:
    wide = np.array([0, 4, 5, 6, 11])
    assert sample.fit(wide, 5, "loop").tolist() == [0, 4, 0, 1, 1]
    assert sample.fit(wide, 5, "clamp").tolist() == [0, 4, 4, 4, 4]
