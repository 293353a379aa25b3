"""Where scores change their rule: no video, one video, a bin's edge."""

import numpy as np
import pytest

from harness.evaluation.metrics import calibration_error, difference, negative_log_likelihood


def bootstrap(correct, videos, draws=2000):
    """Percentiles of the mean of whole groups drawn with replacement, by NumPy; in percent."""
    rows = np.random.default_rng(0).integers(0, len(correct), (draws, len(correct)))
    means = np.asarray(correct)[rows].sum(axis=1) / np.asarray(videos)[rows].sum(axis=1)
    return (100 * np.quantile(means, [0.025, 0.975])).tolist()


def test_a_difference_of_one_video_may_be_anything():
    found = difference(np.array([True]), np.array([False]), [None])
    assert (found.points, found.low, found.high) == (100, -100, 100)
    assert (found.gained, found.lost, found.method) == (1, 0, "none: a single video")


def test_a_difference_of_no_video_is_none():
    none = np.zeros(0, bool)
    found = difference(none, none, [])
    assert (found.points, found.low, found.high, found.gained, found.lost) == (0, 0, 0, 0, 0)


def test_a_difference_of_two_videos_has_an_interval():
    found = difference(np.array([True, False]), np.array([False, False]), [None, None])
    assert found.method == "paired bootstrap over 2 videos"
    assert (found.low, found.high) == (0, 100)


def test_a_differences_bootstrap_by_numpy():
    hits, others = np.array([1, 1, 1, 0] * 10, bool), np.array([1, 0, 0, 1] * 10, bool)
    found = difference(hits, others, [None] * 40)
    expected = bootstrap(
        np.array([0.0, 1, 1, -1] * 10)[np.argsort([f"#{n}" for n in range(40)])], np.ones(40)
    )
    assert [found.low, found.high] == pytest.approx(expected, abs=6e-4)


def test_a_video_without_a_group_is_its_own():
    """Two videos of one group and three others: four units."""
    hits, others = np.array([1, 1, 0, 0, 0], bool), np.zeros(5, bool)
    found = difference(hits, others, ["a", "a", None, None, None])
    assert found.method in ("paired bootstrap over 4 groups", "paired bootstrap over 5 videos")
    whole = difference(np.array([1, 1, 1, 1, 0, 0], bool), np.zeros(6, bool), ["a"] * 4 + [None] * 2)
    assert whole.method == "paired bootstrap over 3 groups"


def test_a_score_of_zero_has_a_finite_log():
    """The smallest normal float32 is 2^-126."""
    found = negative_log_likelihood(np.array([[1.0, 0.0]], np.float32), np.array([1]))
    assert found == pytest.approx(126 * np.log(2))


def test_a_confidence_at_a_bins_edge_belongs_below():
    # (0, 0.5] holds 0.5 right, (0.5, 1] holds 1.0 wrong: each alone. Together they would be |1 - 1.5|.
    scores = np.array([[0.5, 0.25, 0.25], [1.0, 0.0, 0.0]])
    assert calibration_error(scores, np.array([0, 1]), bins=2) == pytest.approx(100 * (0.5 + 1.0) / 2)


def test_there_are_fifteen_bins():
    """0.61 and 0.66 are on both sides of 9/15 and in one of 14 or 16; 0.6 + and 10/15 bound their bin."""
    for low, high, shared in ((0.61, 0.66, True), (0.59, 0.61, False), (0.66, 0.67, False)):
        scores = np.array([[low, 0.3, 0.7 - low], [high, 0.3, 0.7 - high]])
        apart = (1 - low) + high
        together = abs(1 - low - high)
        expected = 100 * (together if shared else apart) / 2
        assert calibration_error(scores, np.array([0, 1])) == pytest.approx(expected)


def test_no_video_has_no_calibration():
    assert calibration_error(np.zeros((0, 3)), np.zeros(0, int)) is None
