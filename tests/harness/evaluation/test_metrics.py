"""Metrics of outputs against hand counts and the normal approximation."""

import numpy as np
import pytest
import torch

from harness.evaluation.evaluator import clip_hits
from harness.evaluation.metrics import calibration_error, difference, negative_log_likelihood


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
