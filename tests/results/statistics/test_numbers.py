"""Numbers that a paper states, against the prediction interval of one run worked out by hand."""

from math import isinf, sqrt

import numpy as np
import pytest

from results.statistics.nested import Nested
from results.statistics.numbers import CONSISTENT, CONTRADICTED, REPRODUCED, UNDECIDED, compare, prediction


def values(centre, scale):
    return Nested.of([[centre + scale * v] for v in (-1.0, -0.5, 0.0, 0.5, 1.0)])  # s = 0.790569 scale


def test_prediction_of_one_run_by_hand():
    """t(4) s √(1/5 + 1) = 2.776445 · 0.790569 · 1.095445."""
    assert prediction(values(80, 1)).half == pytest.approx(2.776445 * 0.790569 * 1.095445, rel=1e-5)


def test_with_two_seeds_a_run_varies_more_than_a_pairs_mean():
    """Pair means 1 and 3 (variance 2), within 0.5: t(1) √(2/2 + 2 + 0.5/2)."""
    half = prediction(Nested.of([[0.5, 1.5], [2.5, 3.5]])).half
    assert half == pytest.approx(12.7062 * sqrt(1 + 2 + 0.25), rel=1e-4)


@pytest.mark.parametrize(
    ("centre", "scale", "word"),
    [
        (80.1, 0.2, REPRODUCED),  # 0.1 + 0.196 within 0.5
        (80.3, 0.4, CONSISTENT),  # 0.3 + 0.393 is not; 0.3 within 0.962
        (82.0, 0.3, CONTRADICTED),  # 2 − 0.721 above 0.5
        (80.3, 2.0, UNDECIDED),  # a half width of 4.8 says nothing
        (81.0, 0.3, UNDECIDED),
    ],
)
def test_words(centre, scale, word):
    assert compare(values(centre, scale), 80.0).word == word


def test_one_pair_decides_nothing():
    found = compare(Nested.of([[80.0, 80.1]]), 80.0)
    assert found.word == UNDECIDED
    assert isinf(found.mean.half)


def test_what_one_pair_leaves_open_is_open_for_a_further_run_too():
    """No spread between pairs is known: an infinite width with no degree of freedom."""
    for nested in (Nested.of([[80.0, 80.1]]), Nested.of([[80.0]])):
        assert (prediction(nested).half, prediction(nested).df) == (np.inf, 0)
    assert prediction(values(80, 0.0)).df == 4


@pytest.mark.parametrize(("pairs", "scale"), [(5, 0.3), (6, 0.3), (11, 0.5)])
def test_consistent_with_one_run_from_five_pairs_on(pairs, scale):
    """Off by 0.6, s about 0.3: the mean's interval leaves 80 ± 0.5, and one run lies within 1 point."""
    nested = Nested.of([[80.6 + scale * v] for v in np.linspace(-1, 1, pairs)])
    assert compare(nested, 80.0).word == CONSISTENT


@pytest.mark.parametrize(
    ("centre", "scale", "word"),
    [
        (77.0, 1.0, REPRODUCED),  # half width 0.98, and 2 points to the nearer end of 75 to 80
        (79.9, 0.3, REPRODUCED),  # half width 0.29 reaches 80.2, within 80 ± 0.5
        (75.1, 0.3, REPRODUCED),
        (80.3, 0.4, CONSISTENT),  # 0.3 above the upper end, one run lies within 0.96
        (74.7, 0.4, CONSISTENT),
        (82.0, 0.3, CONTRADICTED),
        (73.0, 0.3, CONTRADICTED),
        (79.9, 2.0, UNDECIDED),
    ],
)
def test_words_where_a_range_is_claimed(centre, scale, word):
    assert compare(values(centre, scale), 75.0, most=80.0).word == word


def test_four_pairs_are_not_consistent_but_undecided():
    nested = Nested.of([[80.3 + v] for v in (-0.2, -0.1, 0.1, 0.2)])
    assert prediction(nested).half < 1
    assert compare(nested, 80.0).word in (REPRODUCED, UNDECIDED)


def test_an_exact_reproduction_is_seldom_contradicted():
    """The paper's number is one run of the same law, s = 0.8; 20 pairs, 2,000 papers: 5 % at most."""
    rng = np.random.default_rng(0)
    found = [
        compare(Nested.of([[v] for v in rng.normal(80, 0.8, 20)]), rng.normal(80, 0.8)).word
        for _ in range(2000)
    ]
    assert found.count(CONTRADICTED) <= 0.05 * 2000
