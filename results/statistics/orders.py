"""Whether the orders of one table hold: superiority either way and equivalence in one step-down procedure.

Each claim has three null hypotheses, of which at most one is true: the difference is 0; it is at least the
margin; it is at most minus the margin. So a table of k claims, not of 3 k hypotheses, is corrected for: each
p is compared with α / k. A claim all of whose three hypotheses are rejected (a difference that is neither 0
nor as large as the margin) can err no more in them and leaves the count, and the others are compared with
α / (the claims that still have a hypothesis that is not rejected), until no further one is rejected (Shaffer,
JASA 81, 1986; three-sided testing: Goeman, Solari & Stijnen, Statistics in Medicine 29, 2010). The sign of a
difference that is not 0 is the estimate's. `scripts/simulate_verdicts.py` counts how often any word of a
table is wrong, its sign included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from harness.student_t import t_tail
from results.statistics.nested import Nested

ALPHA = 0.05
MIN_PAIRS = 5  # under fewer, rows of a table are not ranked
HOLDS, HOLDS_SMALL = "holds", "holds, by less than the margin"
NO_DIFFERENCE, DOES_NOT_HOLD, UNDECIDED = "no difference", "does not hold", "undecided"
WORDS = (HOLDS, HOLDS_SMALL, NO_DIFFERENCE, DOES_NOT_HOLD, UNDECIDED)


@dataclass(frozen=True)
class Tested:
    """p of three null hypotheses. direction: the difference is 0 (two-sided). equivalent: it is at least the
    margin away from 0 (the larger of two one-sided p). beyond: it is within the margin.
    """

    direction: float
    equivalent: float
    beyond: float


@dataclass(frozen=True)
class Order:
    """A claimed order. differences: left less right, in points. sign: 1 where left is claimed above, −1 where
    it is claimed below, 0 where both are claimed to be about equal.

    margin: the points that matter.
    """

    differences: Nested
    sign: int
    margin: float


@dataclass(frozen=True)
class Decision:
    """word: of WORDS. level: that its p values were compared with, α / claims in the last step."""

    word: str
    level: float


def p_values(values: Nested, margin: float) -> Tested:
    """By Student's t over the pairs' means; all 1 where their spread is not known."""
    variance, df = values.variance_of_means(), values.pairs - 1
    if not variance:
        return Tested(1.0, 1.0, 1.0)
    error, size = sqrt(variance / values.pairs), abs(values.mean)
    direction, equivalent, beyond = (
        t_tail(t, df) for t in (size / error, (margin - size) / error, (size - margin) / error)
    )
    return Tested(2 * direction, equivalent, min(1.0, 2 * beyond))


def decide(claims: Sequence[Sequence[Order]], alpha: float = ALPHA) -> list[Decision]:
    """A decision for each claim of a table. A claim of several orders ("above all others") needs all of them.

    All must hold: each at the claim's own level (intersection-union, no further correction). Anything else
    that is said of one of its m orders needs a level divided by m.
    """
    tested = [[(order, p_values(order.differences, order.margin)) for order in claim] for claim in claims]
    open_claims = len(claims)
    while True:
        level = alpha / max(open_claims, 1)
        still = sum(not _all_rejected(claim, level) for claim in tested)
        if still in (0, open_claims):
            return [Decision(_all_of(claim, level), level) for claim in tested]
        open_claims = still


def _all_rejected(tested: Sequence[tuple[Order, Tested]], level: float) -> bool:
    """Whether no hypothesis of the claim is left that could be rejected wrongly."""
    return all(max(p.direction, p.equivalent) < level / len(tested) for _, p in tested)


def _all_of(tested: Sequence[tuple[Order, Tested]], level: float) -> str:
    one_by_one = {_word(order, p, level / len(tested)) for order, p in tested}
    if DOES_NOT_HOLD in one_by_one:
        return DOES_NOT_HOLD
    if {_word(order, p, level) for order, p in tested} <= {HOLDS, HOLDS_SMALL}:
        return HOLDS_SMALL if HOLDS_SMALL in one_by_one else HOLDS
    return NO_DIFFERENCE if NO_DIFFERENCE in one_by_one else UNDECIDED


def _word(order: Order, p: Tested, level: float) -> str:
    small = p.equivalent < level
    if order.sign == 0:
        return HOLDS if small else DOES_NOT_HOLD if p.beyond < level else UNDECIDED
    if p.direction < level:
        if order.differences.mean * order.sign < 0:
            return DOES_NOT_HOLD
        return HOLDS_SMALL if small else HOLDS
    return NO_DIFFERENCE if small else UNDECIDED
