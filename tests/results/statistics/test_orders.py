"""Orders of a table: p values against SciPy, words by hand, and the error of a whole table by simulation."""

import numpy as np
import pytest
from scipy import stats

from results.statistics import orders
from results.statistics.nested import Nested
from results.statistics.orders import (
    DOES_NOT_HOLD,
    HOLDS,
    HOLDS_SMALL,
    NO_DIFFERENCE,
    UNDECIDED,
    Order,
    p_values,
)


def decide(claims, alpha=0.05):
    return [decision.word for decision in orders.decide(claims, alpha)]


SPREAD = np.array([-1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5])  # s = 1.08012


def order(mean, scale=0.1, sign=1, margin=1.0):
    return Order(Nested.of([[v] for v in mean + scale * SPREAD]), sign, margin)


def test_p_values_are_those_of_students_t():
    values = 0.4 + 0.3 * SPREAD
    found = p_values(Nested.of([[v] for v in values]), margin=1.0)
    assert found.direction == pytest.approx(stats.ttest_1samp(values, 0).pvalue)
    above = stats.ttest_1samp(values, 1.0, alternative="less").pvalue
    below = stats.ttest_1samp(values, -1.0, alternative="greater").pvalue
    assert found.equivalent == pytest.approx(max(above, below))


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
    assert p_values(one.differences, 1.0).direction == pytest.approx(0.026, abs=0.001)
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


def test_a_claim_with_nothing_left_to_err_in_leaves_the_count():
    """t = 2.9393 with 6 df, p = 0.026: above 0.05 / 2. The other difference is neither 0 nor 1."""
    close, settled = order(1.2, scale=1.0), order(0.5, scale=0.1)
    found = orders.decide([[close], [settled]])
    assert [each.word for each in found] == [HOLDS, HOLDS_SMALL]
    assert [each.level for each in found] == [0.05, 0.05]
    large = orders.decide([[close], [order(3.0)]])  # beyond the margin one hypothesis is never rejected
    assert [(each.word, each.level) for each in large] == [(UNDECIDED, 0.025), (HOLDS, 0.025)]


def test_the_last_claims_settled_together_stay_at_the_level_that_settled_them():
    found = orders.decide([[order(0.5)], [order(-0.5)]])
    assert [(each.word, each.level) for each in found] == [(HOLDS_SMALL, 0.025), (DOES_NOT_HOLD, 0.025)]
    assert orders.decide([]) == []


def test_a_claim_of_several_orders_leaves_only_with_all_of_them():
    """Each of two orders at half the level: p = 0.026 is settled neither at 0.05 / 2 nor at 0.05 / 4."""
    close = order(1.2, scale=1.0)
    both = orders.decide([[close], [order(0.5), order(0.5, scale=3.0)]])
    assert both[0].word == UNDECIDED
    assert orders.decide([[close], [order(0.5), order(0.5)]])[0].word == HOLDS


@pytest.mark.parametrize(
    ("mean", "scale", "word"), [(0.3, 0.1, HOLDS), (-2.0, 0.1, DOES_NOT_HOLD), (0.9, 1.0, UNDECIDED)]
)
def test_about_equal_is_claimed(mean, scale, word):
    assert decide([[order(mean, scale, sign=0)]]) == [word]


def test_p_beyond_the_margin_is_one_sided_twice():
    values = -1.4 + 0.3 * SPREAD
    found = p_values(Nested.of([[v] for v in values]), margin=1.0)
    assert found.beyond == pytest.approx(2 * stats.ttest_1samp(values, -1.0, alternative="less").pvalue)
    inside = p_values(Nested.of([[v] for v in 0.1 + SPREAD]), margin=1.0)
    assert inside.beyond == 1.0


def test_holds_small_of_several_needs_a_level_divided_by_their_number():
    """That one of two differences is within the margin: p = 0.036 is below 0.05 and not below 0.05 / 2."""
    near = order(0.62, scale=0.4083)  # (1 − 0.62) / (0.441 / √7) = 2.280 with 6 df
    assert p_values(near.differences, 1.0).equivalent == pytest.approx(0.0314, abs=0.001)
    assert decide([[near]]) == [HOLDS_SMALL]
    assert decide([[near, order(3.0)]]) == [HOLDS]


@pytest.mark.parametrize(
    ("truth", "least"),
    [((0.4, 0.4, 0.4, 0.0, 1.0), 3.0), ((0.4, -0.4, 0.4, -1.0, 0.0), 1.0), ((0.02, 0.4, 0.4, 0.4, 0.4), 0)],
)
def test_the_step_down_uses_the_level_and_does_not_exceed_it(truth, least):
    """10 orders, 8 pairs, s = 0.15: those at 0.4 are settled, the others share 5 %; wrong signs count."""
    rng = np.random.default_rng(3)
    true = np.resize(truth, 10)
    wrong = 0
    for _ in range(1500):
        table = [[Order(Nested.of([[v] for v in rng.normal(t, 0.15, 8)]), 1, 1.0)] for t in true]
        wrong += any(_is_wrong(word, t) for word, t in zip(decide(table), true, strict=True))
    assert least <= 100 * wrong / 1500 <= 5 + 1.2  # two standard errors
