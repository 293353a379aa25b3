"""Accuracy and its intervals against hand counts, a published Wilson interval and torch.topk."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.evaluation.evaluator import clip_hits
from harness.evaluation.metrics import (
    calibration_error,
    design_effect,
    difference,
    negative_log_likelihood,
    share,
    top_k_hits,
)


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
    hits = clip_hits(scores, torch.tensor([0, 1]), 2)
    assert hits[..., 0].tolist() == [[True, False], [False, True]]
    assert hits[..., 1].all()


def test_clip_hits_of_the_first_k():
    """The label is the second of three, then the third."""
    scores = torch.tensor([[[0.3, 0.6, 0.1], [0.1, 0.6, 0.3]]])
    assert clip_hits(scores, torch.tensor([0]), 2)[0, :, 1].tolist() == [True, False]
    assert clip_hits(scores, torch.tensor([0]), 3)[0, :, 1].all()


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
    assert grouped.method == "Wilson, design effect of 20 groups"
    assert grouped.high - grouped.low > 2 * (alone.high - alone.low)
    # The binomial of 20: half width 1.96 * sqrt(.25 / 20) = 21.9 points, of Wilson's interval a little less.
    assert (grouped.high - grouped.low) / 2 == pytest.approx(21.9, abs=3)


def test_the_design_effect_by_hand():
    """Groups of 10 that are right or wrong as one, half of each: 20 / 19 · 20 · 25 / 200² by ¼ / 200."""
    groups = [f"g{i // 10}" for i in range(200)]
    assert design_effect(np.repeat(np.arange(20) < 10, 10), groups) == pytest.approx(200 / 19)
    assert design_effect(np.arange(200) % 2 == 0, groups) == 1.0  # alike groups are no better than videos
    assert design_effect(np.ones(200, bool), groups) == 10.0


def test_few_groups_by_hand():
    """Three groups of 4 with 1, 2 and 3 hits: logits −0.847, 0, 0.847, t(2) 4.303 · 0.847 / √3 = 2.105."""
    hits = np.array([1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0], bool)
    found = share(hits, list("aaaabbbbcccc"))
    assert found.method == "logit-t over 3 groups, few"
    assert found.low == pytest.approx(100 / (1 + np.exp(2.1048)), abs=0.02)
    assert found.high == pytest.approx(100 / (1 + np.exp(-2.1048)), abs=0.02)


def test_one_group_says_nothing_of_others():
    found = share(np.array([1, 0, 1], bool), ["a"] * 3)
    assert (found.low, found.high, found.method) == (0, 100, "none: one group")


def test_no_videos_is_said():
    assert share(np.zeros(0, dtype=bool)).method == "none: no videos"


def test_log_likelihood_by_hand():
    scores = np.array([[0.5, 0.5], [0.2, 0.8]])
    assert negative_log_likelihood(scores, np.array([0, 1])) == pytest.approx((np.log(2) - np.log(0.8)) / 2)
    assert negative_log_likelihood(scores[:0], np.array([], int)) is None


def test_calibration_error_by_hand():
    # Two bins of five: (0.5, 1] holds 0.9 right, 0.7 wrong: |0.5 - 0.8| = 0.3; (0, 0.5] 0.4 right: 0.6.
    scores = np.array([[0.9, 0.1, 0.0], [0.7, 0.2, 0.1], [0.4, 0.3, 0.3]])
    labels = np.array([0, 1, 0])
    assert calibration_error(scores, labels, bins=2) == pytest.approx(100 * (2 * 0.3 + 0.6) / 3)


def test_a_paired_difference_counts_only_what_changed():
    hits = np.array([1, 1, 1, 0] * 10, bool)
    others = np.array([1, 0, 0, 1] * 10, bool)
    found = difference(hits, others, [None] * 40)
    assert (found.points, found.gained, found.lost) == (25.0, 20, 10)
    assert found.method == "paired bootstrap over 40 videos"
    # The normal approximation: standard deviation of one video's difference over the root of their number.
    half = 196 * np.std(hits.astype(float) - others) / np.sqrt(40)
    assert found.high - found.low == pytest.approx(2 * half, rel=0.1)


def test_groups_that_move_together_widen_a_difference():
    hits = np.repeat([True, False] * 6, 20)
    groups = [f"g{n // 20}" for n in range(240)]
    alone, together = difference(hits, ~hits, [None] * 240), difference(hits, ~hits, groups)
    assert together.method == "paired bootstrap over 12 groups"
    assert together.high - together.low > 3 * (alone.high - alone.low)


def test_no_change_is_no_difference():
    hits = np.array([True, False])
    found = difference(hits, hits, [None, None])
    assert (found.points, found.low, found.high) == (0, 0, 0)
    assert found.method == "none: no video changed"
