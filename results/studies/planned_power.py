"""The power that a plan gives an order, from the spread of a pilot."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum

from harness.campaign.study.plan import StudyPlan
from results.statistics.nested import Nested
from results.statistics.power import (
    LEAST_PILOT,
    Spread,
    least_difference,
    pairs_needed,
    power_of_equivalence,
    power_of_order,
    spread,
)


@dataclass(frozen=True)
class Power:
    """order: chance to find a difference of the margin; equal: to find a difference of 0 to be within it.

    least: the difference, in points, that is found with a chance of 80 %. pairs: that would bring both
    chances to 80 %, one joint seed in each; None where a thousand do not.
    """

    order: float
    equal: float
    least: float
    pairs: int | None


def planned_power(plan: StudyPlan, pilot: Nested | None, margin: float, claims: int) -> Power | None:
    """In a table of that many claims, before any of them is decided; None without a pilot of six pairs."""
    if pilot is None or pilot.pairs < LEAST_PILOT:
        return None
    found = spread(pilot)
    variance, level = variance_planned(plan, found), 0.05 / claims
    if not variance:
        return None
    return Power(
        power_of_order(margin, variance, plan.pairs, level),
        power_of_equivalence(margin, variance, plan.pairs, level),
        least_difference(variance, plan.pairs, level),
        pairs_needed(margin, found.between + found.within, claims),
    )


def variance_planned(plan: StudyPlan, found: Spread) -> float:
    """Of a pair's mean difference: between pairs, and within one by its number of joint seeds."""
    share = fsum(1 / len(plan.seeds_of(pair)) for pair in range(plan.pairs)) / plan.pairs
    return found.between + found.within * share
