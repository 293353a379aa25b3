"""Planned numbers of pairs: quantiles by SciPy, power by simulation, the best split by brute force."""

import numpy as np
import pytest
from scipy import stats

from results.statistics.nested import Nested
from results.statistics.power import (
    Spread,
    best_seeds,
    least_difference,
    pairs_needed,
    power_of_equivalence,
    power_of_order,
    spread,
    upper_limit,
)


def test_upper_limit_is_above_the_truth_in_80_of_100_pilots():
    rng = np.random.default_rng(0)
    above = [upper_limit(np.var(rng.normal(0, 2, 6), ddof=1), 5) > 4 for _ in range(4000)]
    assert np.mean(above) == pytest.approx(0.8, abs=0.02)
    assert upper_limit(1.0, 5) == pytest.approx(5 / stats.chi2.ppf(0.2, 5))


@pytest.mark.parametrize(("difference", "pairs", "alpha"), [(1.0, 8, 0.05), (0.6, 20, 0.005), (2.0, 4, 0.05)])
def test_power_of_an_order_by_simulation(difference, pairs, alpha):
    rng = np.random.default_rng(1)
    drawn = rng.normal(difference, 1.0, (20000, pairs))
    found = (stats.ttest_1samp(drawn, 0, axis=1).pvalue < alpha) & (drawn.mean(axis=1) > 0)
    assert power_of_order(difference, 1.0, pairs, alpha) == pytest.approx(found.mean(), abs=0.012)


@pytest.mark.parametrize(("variance", "pairs", "alpha"), [(1.0, 8, 0.05), (9.0, 24, 0.005)])
def test_the_least_difference_is_found_in_80_of_100_studies(variance, pairs, alpha):
    rng = np.random.default_rng(3)
    least = least_difference(variance, pairs, alpha)
    drawn = rng.normal(least, np.sqrt(variance), (20000, pairs))
    found = (stats.ttest_1samp(drawn, 0, axis=1).pvalue < alpha) & (drawn.mean(axis=1) > 0)
    assert found.mean() == pytest.approx(0.8, abs=0.012)


@pytest.mark.parametrize(("margin", "pairs", "alpha"), [(1.0, 12, 0.05), (1.0, 24, 0.005), (0.7, 30, 0.05)])
def test_power_of_equivalence_by_simulation(margin, pairs, alpha):
    rng = np.random.default_rng(2)
    drawn = rng.normal(0.0, 1.0, (20000, pairs))
    room = margin - stats.t.ppf(1 - alpha, pairs - 1) * drawn.std(axis=1, ddof=1) / np.sqrt(pairs)
    simulated = (np.abs(drawn.mean(axis=1)) < room).mean()
    assert power_of_equivalence(margin, 1.0, pairs, alpha) == pytest.approx(simulated, abs=0.03)


def test_pairs_needed_are_the_fewest_that_reach_the_power():
    found = pairs_needed(1.0, 1.5**2, orders=10)
    reached = [
        min(power_of_order(1.0, 2.25, n, 0.005), power_of_equivalence(1.0, 2.25, n, 0.005)) >= 0.8
        for n in (found - 1, found)
    ]
    assert reached == [False, True]
    assert pairs_needed(0.01, 100.0, orders=10) is None


def test_a_pilot_of_five_pairs_is_refused():
    with pytest.raises(ValueError, match="at least 6"):
        spread(Nested.of([[float(n)] for n in range(5)]))


def test_spread_takes_upper_limits():
    pilot = Nested.of([[0.0, 1.0], [2.0, 3.0], [1.0, 2.0], [4.0, 5.0], [0.0, 1.0], [3.0, 4.0]])
    found = spread(pilot)
    assert found.within == pytest.approx(0.5 * 6 / stats.chi2.ppf(0.2, 6))
    means = np.array([0.5, 2.5, 1.5, 4.5, 0.5, 3.5])
    assert found.between == pytest.approx(means.var(ddof=1) * 5 / stats.chi2.ppf(0.2, 5) - 0.25)


@pytest.mark.parametrize(
    ("between", "within", "pre", "joint", "arms"), [(9, 0.5, 200, 50, 10), (1, 4, 400, 20, 2)]
)
def test_best_seeds_by_brute_force(between, within, pre, joint, arms):
    """Of all numbers of seeds the one whose variance times cost is the least, or its neighbour."""
    cost = {s: (between + within / s) * (pre + s * arms * joint) for s in range(1, 30)}
    found = best_seeds(Spread(between, within), pre, joint, arms)
    assert cost[found] <= 1.05 * min(cost.values())


@pytest.mark.parametrize(
    ("between", "within", "pre", "joint", "arms", "seeds"),
    [
        (4, 4, 400, 20, 2, 3),  # √10 = 3.16
        (2, 5, 300, 30, 1, 5),  # √25
        (0.5, 2, 90, 10, 3, 3),  # √12 = 3.46
        (9, 0.5, 200, 50, 10, 1),
        (0, 4, 400, 20, 2, 1),  # no spread between pairs: nothing to divide by
    ],
)
def test_best_seeds_by_hand(between, within, pre, joint, arms, seeds):
    assert best_seeds(Spread(between, within), pre, joint, arms) == seeds


@pytest.mark.parametrize(
    ("variance", "orders"), [(1e-4, 1), (0.3, 1), (0.8, 3), (2.25, 10), (6.0, 20), (30.0, 5)]
)
def test_pairs_needed_by_counting_up(variance, orders):
    level = 0.05 / orders
    first = next(
        n
        for n in range(2, 1000)
        if power_of_order(1.0, variance, n, level) >= 0.8
        and power_of_equivalence(1.0, variance, n, level) >= 0.8
    )
    assert pairs_needed(1.0, variance, orders) == first


@pytest.mark.parametrize("pairs", [4, 5])
def test_power_of_equivalence_of_few_pairs(pairs):
    """s = 0.3 known in the width: 2 F(1 / (0.3 / √P) − t(P − 1)) − 1."""
    room = 1.0 / (0.3 / np.sqrt(pairs)) - stats.t.ppf(0.95, pairs - 1)
    found = power_of_equivalence(1.0, 0.09, pairs, 0.05)
    assert found == pytest.approx(2 * stats.t.cdf(room, pairs - 1) - 1)
    assert power_of_equivalence(0.1, 0.09, pairs, 0.05) == 0.0
