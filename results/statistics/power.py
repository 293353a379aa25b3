"""How many pairs and seeds decide an order, from a pilot's spreads. Planned before the runs, never after."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, fsum, sqrt

from results.statistics.nested import Nested

POWER = 0.8
CONFIDENCE = 0.8  # of the upper limit of the pilot's variances
LEAST_PILOT = 6  # pairs
MOST_PAIRS = 1000


@dataclass(frozen=True)
class Spread:
    """Variances that a study is planned with: upper limits, of a pair's mean difference and within it.

    With a pilot's point estimates the planned power is reached in half of all studies only.
    """

    between: float
    within: float


def upper_limit(variance: float, df: int, confidence: float = CONFIDENCE) -> float:
    """Above the true variance with that confidence: s² df / χ²(1 − confidence, df)."""
    from scipy.special import chdtri

    return float(variance * df / chdtri(df, confidence))  # chdtri takes the upper tail


def spread(pilot: Nested) -> Spread:
    """From at least six pairs; a `ValueError` where the pilot has fewer."""
    if pilot.pairs < LEAST_PILOT:
        raise ValueError(f"a pilot of {pilot.pairs} pairs; at least {LEAST_PILOT} are needed")
    parts, total = pilot.components(), pilot.variance_of_means()
    assert parts is not None
    assert total is not None
    within = upper_limit(parts.within, parts.df_within) if parts.within is not None else 0.0
    share = fsum(1 / len(pair) for pair in pilot.values) / pilot.pairs
    return Spread(max(0.0, upper_limit(total, pilot.pairs - 1) - share * (parts.within or 0.0)), within)


def power_of_order(difference: float, variance: float, pairs: int, alpha: float) -> float:
    """Chance that a two-sided t test over `pairs` means of that variance finds `difference`, at level α."""
    from scipy.special import nctdtr, stdtrit

    df = pairs - 1
    shift, limit = abs(difference) / sqrt(variance / pairs), float(stdtrit(df, 1 - alpha / 2))
    return float(1 - nctdtr(df, shift, limit))


def least_difference(variance: float, pairs: int, alpha: float, power: float = POWER) -> float:
    """The difference that `power_of_order` finds with that power: what the pairs can tell from none."""
    from scipy.special import nctdtrinc, stdtrit

    df = pairs - 1
    limit = float(stdtrit(df, 1 - alpha / 2))
    return float(nctdtrinc(df, 1 - power, limit)) * sqrt(variance / pairs)


def power_of_equivalence(margin: float, variance: float, pairs: int, alpha: float) -> float:
    """Chance that two one-sided tests at level α find a true difference of 0 to be within the margin.

    P(|mean| < margin − t s / √P), with s taken as known in the width: within 0.02 of simulation from 8
    pairs on.
    """
    from scipy.special import stdtr, stdtrit

    df = pairs - 1
    room = margin / sqrt(variance / pairs) - float(stdtrit(df, 1 - alpha))
    return max(0.0, float(2 * stdtr(df, room) - 1))


def pairs_needed(
    margin: float, variance: float, orders: int, alpha: float = 0.05, power: float = POWER
) -> int | None:
    """The fewest pairs that decide an order both where the truth is `margin` and where it is 0.

    variance: of a pair's mean difference. orders: in the table, whose level is α / orders. None where not
    even MOST_PAIRS do.
    """
    level = alpha / orders

    def enough(pairs: int) -> bool:
        both = (
            power_of_order(margin, variance, pairs, level),
            power_of_equivalence(margin, variance, pairs, level),
        )
        return min(both) >= power

    low, high = 1, 2
    while not enough(high):
        low, high = high, 2 * high
        if low >= MOST_PAIRS:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def best_seeds(spread_: Spread, pretraining_s: float, joint_s: float, arms: int) -> int:
    """Joint seeds per pair that decide most per hour: √(c_pre / (arms c_joint) · s²_within / s²_between).

    Costs in seconds; one where that rounds below. Equal to minimising (between + within / S) (c_pre + S
    arms c_joint) over S.
    """
    if spread_.between <= 0:
        return 1
    ratio = pretraining_s / (arms * joint_s) * spread_.within / spread_.between
    return max(1, ceil(sqrt(ratio) - 0.5))
