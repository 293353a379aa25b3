"""Against scipy.stats, which is too slow to load for a table."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from harness.student_t import mean, mean_half, standard_deviation, t_quantile
from results.statistics.tests import holm, next_half, p_of_zero_mean

values = st.lists(
    st.floats(0, 100, allow_subnormal=False).map(lambda x: round(x, 3)), min_size=2, max_size=9
).filter(lambda xs: np.std(xs) > 1e-3)


@given(values)
@settings(max_examples=50, deadline=None)
def test_intervals_are_scipys(xs):
    low, high = stats.t.interval(0.95, len(xs) - 1, loc=np.mean(xs), scale=stats.sem(xs))
    assert mean(xs) - mean_half(xs) == pytest.approx(low, abs=1e-8)
    assert mean(xs) + mean_half(xs) == pytest.approx(high, abs=1e-8)
    assert standard_deviation(xs) == pytest.approx(np.std(xs, ddof=1))


@given(values, st.integers(0, 9))
@settings(max_examples=50, deadline=None)
def test_paired_test_is_scipys(xs, seed):
    ys = list(np.round(np.array(xs) + np.random.default_rng(seed).normal(0.5, 1, len(xs)), 4))
    differences = [x - y for x, y in zip(xs, ys, strict=True)]
    assert p_of_zero_mean(differences) == pytest.approx(stats.ttest_rel(xs, ys).pvalue, rel=1e-6)


def test_few_and_equal_values():
    assert mean_half([1.0]) == next_half([1.0]) == float("inf")
    assert p_of_zero_mean([1.0]) == 1.0
    assert p_of_zero_mean([0.0, 0.0]) == 1.0
    assert p_of_zero_mean([0.5, 0.5]) == 0.0


def test_quantile_of_the_printed_tables():
    assert t_quantile(4) == pytest.approx(2.776, abs=5e-4)
    assert t_quantile(9, 0.99) == pytest.approx(3.250, abs=5e-4)


def test_interval_of_one_further_draw_covers_95_percent():
    rng = np.random.default_rng(0)
    draws = rng.normal(80, 0.6, (4000, 6))
    inside = sum(abs(mean(row[:5]) - row[5]) <= next_half(row[:5]) for row in draws.tolist())
    assert inside / 4000 == pytest.approx(0.95, abs=0.012)


def test_holm_by_hand():
    """0.01 x 4, 0.02 x 3, 0.03 x 2, then never below the one before."""
    assert holm([0.03, 0.01, 0.5, 0.02]) == pytest.approx([0.06, 0.04, 0.5, 0.06])
    assert holm([0.4, 0.9]) == pytest.approx([0.8, 0.9])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_rejects_what_the_sequential_procedure_rejects(ps):
    order = np.argsort(ps, kind="stable")
    rejected = set()
    for rank, index in enumerate(order):
        if (len(ps) - rank) * ps[index] >= 0.05:
            break
        rejected.add(int(index))
    assert {index for index, p in enumerate(holm(ps)) if p < 0.05} == rejected
