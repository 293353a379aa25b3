"""Variance components against an analysis of variance worked out by hand, and against known truth."""

from math import sqrt

import numpy as np
import pytest
from support.made_studies import SHA, plan, run

from results.studies.arms import Arm
from results.studies.measure import Matrix
from results.studies.report.components import deviations

ARMS = ("two_stream", "mbd")


def matrix(values):
    """values: {arm: {(pair, seed): percent}}"""
    pairs = 1 + max(pair for cells in values.values() for pair, _ in cells)
    study = plan(arms=list(ARMS), pairs=pairs)
    return Matrix.of(
        run(study, Arm(arm), pair, seed, {"average": value}, SHA)
        for arm, cells in values.items()
        for (pair, seed), value in cells.items()
    )


def test_two_arms_and_two_pairs_by_hand():
    """Means of pairs 61 and 71: mean square 200; residuals ± 1: mean square 4, one degree of freedom."""
    cells = {"two_stream": {(0, 1): 60.0, (1, 1): 72.0}, "mbd": {(0, 1): 62.0, (1, 1): 70.0}}
    found = deviations(matrix(cells), ARMS, "average.top1")
    assert found.pairs == pytest.approx(sqrt((100 - 4) / 2))
    assert found.arms == pytest.approx(2.0)
    assert found.seeds is None


def test_second_seeds_are_taken_out_of_the_residual():
    """Within: (1² + 1²) of one cell with two seeds, 59 and 61: 2, one degree of freedom."""
    cells = {"two_stream": {(0, 1): 60.0, (1, 1): 72.0}, "mbd": {(0, 1): 62.0, (0, 2): 60.0, (1, 1): 70.0}}
    found = deviations(matrix(cells), ARMS, "average.top1")
    assert found.seeds == pytest.approx(sqrt(2))
    assert found.arms == pytest.approx(sqrt(4 - 2))


def test_pairs_that_an_arm_lacks_are_left_out():
    cells = {"two_stream": {(0, 1): 60.0, (1, 1): 72.0, (2, 1): 90.0}, "mbd": {(0, 1): 62.0, (1, 1): 70.0}}
    assert deviations(matrix(cells), ARMS, "average.top1").pairs == pytest.approx(sqrt(48))
    few = {"two_stream": {(0, 1): 60.0, (2, 1): 72.0}, "mbd": {(0, 1): 62.0, (1, 1): 70.0}}
    assert deviations(matrix(few), ARMS, "average.top1") is None
    assert deviations(matrix(cells), ("two_stream",), "average.top1") is None


def test_known_components_are_found():
    rng = np.random.default_rng(0)
    pairs, own = rng.normal(70, 3, 150), {arm: rng.normal(0, 1, 150) for arm in ARMS}
    cells = {
        arm: {
            (pair, seed): float(pairs[pair] + own[arm][pair] + rng.normal(0, 0.5))
            for pair in range(150)
            for seed in (1, 2)
        }
        for arm in ARMS
    }
    found = deviations(matrix(cells), ARMS, "average.top1")
    assert found.pairs == pytest.approx(3, rel=0.15)
    assert found.arms == pytest.approx(1, rel=0.2)
    assert found.seeds == pytest.approx(0.5, rel=0.15)
