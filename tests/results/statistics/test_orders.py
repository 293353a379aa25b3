"""Orders of a table: p values against SciPy, words by hand, and the error of a whole table by simulation."""

import numpy as np
import pytest
from scipy import stats

from results.statistics.nested import Nested
from results.statistics.orders import (
    DOES_NOT_HOLD,
    HOLDS,
    HOLDS_SMALL,
    NO_DIFFERENCE,
    UNDECIDED,
    Order,
    decide,
    p_values,
)

SPREAD = np.array([-1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5])  # s = 1.08012


def order(mean, scale=0.1, sign=1, margin=1.0):
    return Order(Nested.of([[v] for v in mean + scale * SPREAD]), sign, margin)


def test_p_values_are_those_of_students_t():
    values = 0.4 + 0.3 * SPREAD
    found = p_values(Nested.of([[v] for v in values]), margin=1.0)
    assert found.p_direction == pytest.approx(stats.ttest_1samp(values, 0).pvalue)
    above = stats.ttest_1samp(values, 1.0, alternative="less").pvalue
    below = stats.ttest_1samp(values, -1.0, alternative="greater").pvalue
    assert found.p_equivalent == pytest.approx(max(above, below))


@pytest.mark.parametrize(
    ("mean", "scale", "word"),
    [
        (3.0, 0.1, HOLDS),
        (0.5, 0.1, HOLDS_SMALL),
        (0.01, 0.1, NO_DIFFERENCE),
        (-0.5, 0.1, DOES_NOT_HOLD),
        (-3.0, 0.1, DOES_NOT_HOLD),
        (0.5, 3.0, UNDECIDED),
    ],
)
def test_words(mean, scale, word):
    assert decide([[order(mean, scale)]]) == [word]


def test_the_claimed_sign_counts():
    assert decide([[order(-3.0, sign=-1)]]) == [HOLDS]
    assert decide([[order(3.0, sign=-1)]]) == [DOES_NOT_HOLD]


def test_more_orders_in_a_table_ask_for_smaller_p():
    """t = 2.9393 with 6 df: p = 0.026, below 0.05 and not below 0.05 / 2."""
    one = order(1.2, scale=1.0)
    assert p_values(one.differences, 1.0).p_direction == pytest.approx(0.026, abs=0.001)
    assert decide([[one]]) == [HOLDS]
    assert decide([[one], [order(0.5, 3.0)]])[0] == UNDECIDED


def test_all_must_hold_without_correction_inside_the_claim():
    one = order(1.2, scale=1.0)
    assert decide([[one, one, one]]) == [HOLDS]
    assert decide([[one, order(0.01)]]) == [NO_DIFFERENCE]
    assert decide([[one, order(0.5, 3.0)]]) == [UNDECIDED]


def test_against_all_of_several_a_level_divided_by_their_number():
    against = order(-1.2, scale=1.0)
    assert decide([[against]]) == [DOES_NOT_HOLD]
    assert decide([[against, order(3.0)]]) == [UNDECIDED]  # p 0.026 is above 0.05 / 2


def test_equal_differences_decide_nothing():
    assert decide([[Order(Nested.of([[2.0]] * 5), 1, 1.0)]]) == [UNDECIDED]


@pytest.mark.parametrize("truth", [(0.0,), (1.0,), (0.0, 1.0, -1.0, 0.4, 3.0)])
def test_a_table_errs_in_five_of_a_hundred_studies_at_most(truth):
    """10 orders, 8 pairs, s = 0.6, margin 1: any wrong word counts; 1,000 tables."""
    rng = np.random.default_rng(0)
    true = np.resize(truth, 10)
    wrong = 0
    for _ in range(1000):
        table = [[Order(Nested.of([[v] for v in rng.normal(t, 0.6, 8)]), 1, 1.0)] for t in true]
        wrong += any(_is_wrong(word, t) for word, t in zip(decide(table), true, strict=True))
    assert wrong <= 50 + 14  # two standard errors


def _is_wrong(word, true):
    return (
        (word in (HOLDS, HOLDS_SMALL) and true <= 0)
        or (word == DOES_NOT_HOLD and true >= 0)
        or (word in (NO_DIFFERENCE, HOLDS_SMALL) and abs(true) >= 1)
    )
