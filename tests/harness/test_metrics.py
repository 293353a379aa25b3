"""Accuracy and its intervals against hand counts, a published Wilson interval and torch.topk."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.evaluate import clip_hits
from harness.metrics import share, top_k_hits


def test_top_k_by_hand():
    scores = np.array([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.5, 0.3, 0.2]])
    labels = np.array([0, 1, 2])
    assert top_k_hits(scores, labels, 1).tolist() == [True, False, False]
    assert top_k_hits(scores, labels, 2).tolist() == [True, True, False]


def test_a_network_that_says_nothing_is_wrong():
    assert not top_k_hits(np.full((3, 4), 0.25), np.array([0, 1, 2]), 1).any()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**31), st.integers(6, 40), st.integers(1, 5))
def test_top_k_equals_torch(seed, classes, k):
    generator = torch.Generator().manual_seed(seed)
    scores = torch.rand(20, classes, generator=generator, dtype=torch.float64)
    labels = torch.randint(classes, (20,), generator=generator)
    expected = (scores.topk(k).indices == labels[:, None]).any(dim=1)
    assert top_k_hits(scores.numpy(), labels.numpy(), k).tolist() == expected.tolist()


def test_clip_hits_judge_each_view_alone():
    scores = torch.tensor([[[0.6, 0.4], [0.3, 0.7]], [[0.5, 0.5], [0.1, 0.9]]])
    hits = clip_hits(scores, torch.tensor([0, 1]))
    assert hits[..., 0].tolist() == [[True, False], [False, True]]
    assert hits[..., 1].all()


def test_wilson_interval_of_a_textbook_case():
    # 81 of 263: Newcombe (1998), table I: 0.2553 to 0.3662.
    result = share(np.arange(263) < 81)
    assert (result.correct, result.of, result.method) == (81, 263, "Wilson")
    assert (result.low, result.high) == pytest.approx((25.53, 36.62), abs=0.01)


def test_groups_widen_the_interval():
    # 20 groups of 10 videos, all right or all wrong together: 20 independent facts, not 200.
    hits = np.repeat(np.arange(20) < 10, 10)
    groups = [f"g{i // 10}" for i in range(200)]
    alone, grouped = share(hits), share(hits, groups)
    assert grouped.method == "bootstrap over 20 groups"
    assert grouped.high - grouped.low > 2 * (alone.high - alone.low)
    # The binomial of 20: half width 1.96 * sqrt(.25 / 20) = 21.9 points.
    assert (grouped.high - grouped.low) / 2 == pytest.approx(21.9, abs=3)


def test_no_videos_is_said():
    assert share(np.zeros(0, dtype=bool)).method == "none: no videos"
