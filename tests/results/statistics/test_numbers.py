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
