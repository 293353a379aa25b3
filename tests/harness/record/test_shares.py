"""Shares and their intervals against hand counts, a published Wilson interval and torch.topk."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.record.shares import design_effect, share, top_k_hits

Z = 1.959963984540054  # scipy.stats.norm.ppf(0.975)


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


def test_no_video_may_have_any_share():
    found = share(np.zeros(0, bool), [])
    assert (found.correct, found.of, found.low, found.high) == (0, 0, 0, 100)


@pytest.mark.parametrize(("correct", "total"), [(1, 1), (0, 3), (81, 263)])
def test_wilsons_closed_form_to_three_digits(correct, total):
    p, extra = correct / total, Z**2 / total
    half = Z * np.sqrt(p * (1 - p) / total + extra / 4 / total)
    low, high = (100 * (p + extra / 2 + sign * half) / (1 + extra) for sign in (-1, 1))
    found = share(np.arange(total) < correct)
    assert (found.low, found.high) == (pytest.approx(low, abs=6e-4), pytest.approx(high, abs=6e-4))
    assert found.low == round(found.low, 3)


def test_from_ten_groups_on_the_design_effect_is_known():
    nine = share(np.repeat(np.arange(9) < 5, 10), [f"g{n // 10}" for n in range(90)])
    assert nine.method == "logit-t over 9 groups, few"
    ten = share(np.repeat(np.arange(10) < 5, 10), [f"g{n // 10}" for n in range(100)])
    assert ten.method == "Wilson, design effect of 10 groups"


@pytest.mark.parametrize(("right", "ends"), [(0, (0.0, None)), (40, (None, 100.0))])
def test_all_right_or_all_wrong_counts_each_group_once(right, ends):
    """20 groups of 2: 20 facts, t(19) = 2.093; t² / (20 + t²) = 17.97 %."""
    found = share(np.arange(40) < right, [f"g{n // 2}" for n in range(40)])
    far = 100 * 2.093024**2 / (20 + 2.093024**2)
    assert found.low == pytest.approx(0.0 if ends[0] == 0.0 else 100 - far, abs=1e-3)
    assert found.high == pytest.approx(100.0 if ends[1] == 100.0 else far, abs=1e-3)


def test_where_a_video_has_no_group_there_are_none():
    hits = np.repeat(np.arange(20) < 10, 10)
    groups = [f"g{n // 10}" for n in range(200)]
    assert share(hits, [*groups[:-1], None]).method == "Wilson"


def test_groups_that_are_alike_are_no_better_than_videos():
    """Half of each group right: Wilson's of 40, with Student's quantile of 20 groups."""
    found = share(np.arange(40) % 2 == 0, [f"g{n // 2}" for n in range(40)])
    t = 2.093024
    assert (found.high - found.low) / 2 == pytest.approx(
        100 * t * np.sqrt(0.25 / 40 + t**2 / 6400) / (1 + t**2 / 40), abs=1e-3
    )
