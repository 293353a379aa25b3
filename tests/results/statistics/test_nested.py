"""Nested statistics against SciPy, against one-way analysis of variance by hand, and by simulation."""

from math import isinf, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from results.statistics.nested import Nested


def test_one_seed_per_pair_is_students_t():
    values = [0.3, -1.2, 0.8, 2.1, -0.4, 0.6]
    found = Nested.of([[v] for v in values]).over_pretrainings()
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.df == 5


def test_components_by_hand():
    """Three pairs of two seeds: means 1.5, 4, 7; squares within 0.5, 2, 2 with 3 df: 1.5.

    Variance of means: (6.25 + 6.25 of the outer, about 4.1667 the mean) = 7.5833; less 1.5 / 2.
    """
    parts = Nested.of([[1, 2], [3, 5], [6, 8]]).components()
    assert parts.within == pytest.approx(1.5)
    assert parts.df_within == 3
    assert parts.between == pytest.approx(7.583333 - 0.75, abs=1e-5)


def test_a_variance_between_pairs_is_never_negative():
    """Means 5 and 6 (variance 0.5), within 50: 0.5 less 50 / 2 is 0."""
    parts = Nested.of([[0, 10], [1, 11]]).components()
    assert (parts.between, parts.within) == (0.0, 50.0)


def test_for_these_streams_is_the_pooled_error():
    """Of equally many seeds: t(3) s / √6, s² = 1.5."""
    found = Nested.of([[1, 2], [3, 5], [6, 8]]).for_these_streams()
    assert found.half == pytest.approx(3.182446 * sqrt(1.5 / 6), abs=1e-5)
    assert found.df == 3


def test_unequal_seeds_weigh_pairs_equally():
    nested = Nested.of([[1.0], [2.0, 4.0]])
    assert nested.mean == 2.0  # not 7 / 3
    # variance of the mean for these streams: s² (1 + 1/2) / 4 with s² = 2
    assert nested.for_these_streams().half == pytest.approx(12.7062 * sqrt(2 * 1.5) / 2, rel=1e-4)


def test_one_pair_has_no_interval_over_pretrainings():
    assert isinf(Nested.of([[1.0, 1.2, 0.9]]).over_pretrainings().half)
    assert isinf(Nested.of([[1.0], [2.0]]).for_these_streams().half)


def test_equal_values_are_not_certain():
    """Of unknown resolution nothing is known; of 1 in 416 videos the rounding alone has s = 0.2404 / √12."""
    assert isinf(Nested.of([[1.0]] * 5).over_pretrainings().half)
    found = Nested.of([[1.0]] * 5, resolution=100 / 416).over_pretrainings()
    assert found.half == pytest.approx(2.776445 * (100 / 416) / sqrt(12) / sqrt(5), rel=1e-5)


def test_no_values_are_refused():
    for values in ([], [[1.0], []]):
        with pytest.raises(ValueError, match="no pairs"):
            Nested.of(values)


def test_one_run_of_each_pair_shows_the_order():
    assert Nested.of([[1.0, -9.0], [-0.5, 3.0], [0.0]]).showing(1) == (1, 3)
    assert Nested.of([[1.0], [-0.5], [0.0]]).showing(-1) == (1, 3)


@given(
    st.lists(st.lists(st.floats(-50, 50), min_size=1, max_size=3), min_size=2, max_size=6), st.floats(-9, 9)
)
def test_a_shift_moves_the_centre_alone(values, shift):
    here = Nested.of(values, resolution=0.1)
    there = Nested.of([[v + shift for v in pair] for pair in values], resolution=0.1)
    assert there.mean == pytest.approx(here.mean + shift, abs=1e-6)
    assert there.over_pretrainings().half == pytest.approx(here.over_pretrainings().half, abs=1e-5)


def test_intervals_cover_what_they_say():
    """1,000 studies of 12 pairs, a second seed in four: the true mean (0), and the mean of these pairs."""
    rng = np.random.default_rng(1)
    over, these = 0, 0
    for _ in range(1000):
        pairs = rng.normal(0, 2.0, 12)
        nested = Nested.of(
            [[p + rng.normal(0, 0.7) for _ in range(1 + (i < 4))] for i, p in enumerate(pairs)]
        )
        over += abs(nested.mean) <= nested.over_pretrainings().half
        these += abs(nested.mean - pairs.mean()) <= nested.for_these_streams().half
    assert 932 <= over <= 968  # 950 ± 2.6 standard errors
    assert 932 <= these <= 968


def test_what_is_known_of_one_pair():
    """Within 0.5 with one degree of freedom; between pairs nothing is known, and is told as 0."""
    parts = Nested.of([[1.0, 2.0]]).components()
    assert (parts.between, parts.within, parts.df_within) == (0.0, 0.5, 1)
    assert Nested.of([[1.0]]).components() is None
    assert Nested.of([[1.0]]).over_pretrainings().df == 0
    assert Nested.of([[1.0]] * 5).over_pretrainings().df == 4


def test_equal_seeds_of_a_pair_are_known_up_to_the_resolution():
    """Two seeds in each of three pairs, all alike: s² = 0.24² / 12 with 3 df; t(3) s / √6."""
    found = Nested.of([[1.0, 1.0]] * 3, resolution=0.24).for_these_streams()
    assert found.half == pytest.approx(3.182446 * 0.24 / sqrt(12) / sqrt(6), rel=1e-5)


def test_an_interval_at_its_floor_says_so():
    """Steps of 0.5 points round with variance 0.5² / 12 at least; without a step there is no floor."""
    assert Nested.of([[1.0], [1.0], [1.0]], resolution=0.5).at_floor
    assert Nested.of([[1.0], [1.0], [1.1]], resolution=0.5).at_floor  # s² = 0.0033 below 0.0208
    assert not Nested.of([[1.0], [2.0], [3.0]], resolution=0.5).at_floor
    assert not Nested.of([[1.0], [1.0], [1.0]]).at_floor
    assert not Nested.of([[1.0]], resolution=0.5).at_floor  # one pair: no interval at all
