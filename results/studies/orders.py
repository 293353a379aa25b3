"""Whether the orders of one table hold: superiority either way and equivalence, corrected once together.

Of each order three null hypotheses are tested: the difference is at most 0, it is at least 0, and it is at
least `margin` away from 0. Whatever the truth, a test at level α rejects a true one of them with probability
α at most: beyond the margin the first or second is rejected wrongly only where the third is too, and at 0
the two directions share α. So an order needs no correction for being tested three ways (three-sided testing:
Goeman, Solari & Stijnen, Statistics in Medicine 29, 2010), and a table of k orders compares each p with
α / (orders that still have a hypothesis that is not rejected). Of both directions only one can be rejected,
so that this number stays k: by the sequential rejection principle (Goeman & Solari, Annals of Statistics 38,
2010; Shaffer, JASA 81, 1986) the chance of any wrong word in the table is at most α.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from results.studies.nested import Nested

ALPHA = 0.05
HOLDS, HOLDS_SMALL = "holds", "holds, by less than the margin"
NO_DIFFERENCE, DOES_NOT_HOLD, UNDECIDED = "no difference", "does not hold", "undecided"
WORDS = (HOLDS, HOLDS_SMALL, NO_DIFFERENCE, DOES_NOT_HOLD, UNDECIDED)


@dataclass(frozen=True)
class Tested:
    """p of "the difference is 0" (two-sided) and of "it is at least the margin" (two one-sided tests)."""

    p_direction: float
    p_equivalent: float


@dataclass(frozen=True)
class Order:
    """A claimed order. differences: left less right, in points. sign: 1 where left is claimed above.

    margin: the points that matter.
    """

    differences: Nested
    sign: int
    margin: float


def p_values(values: Nested, margin: float) -> Tested:
    """By Student's t over the pairs' means; both 1 where their spread is not known."""
    from scipy.special import stdtr

    variance, df = values.variance_of_means(), values.pairs - 1
    if not variance:
        return Tested(1.0, 1.0)
    error = sqrt(variance / values.pairs)
    direction = 2 * stdtr(df, -abs(values.mean) / error)
    equivalent = stdtr(df, -(margin - abs(values.mean)) / error)  # the larger of the two one-sided p
    return Tested(float(direction), float(equivalent))


def decide(orders: Sequence[Sequence[Order]], alpha: float = ALPHA) -> list[str]:
    """A word for each claim of a table. A claim of several orders ("above all others") needs all of them.

    All must hold: each at the claim's own level (intersection-union, no further correction). Against it:
    one of its m orders at a level divided by m.
    """
    level = alpha / max(len(orders), 1)
    return [
        _all_of([(order, p_values(order.differences, order.margin)) for order in c], level) for c in orders
    ]


def _all_of(tested: Sequence[tuple[Order, Tested]], level: float) -> str:
    if any(_word(order, p, level / len(tested)) == DOES_NOT_HOLD for order, p in tested):
        return DOES_NOT_HOLD
    words = {_word(order, p, level) for order, p in tested}
    if words <= {HOLDS, HOLDS_SMALL}:
        return HOLDS if words == {HOLDS} else HOLDS_SMALL
    against = {_word(order, p, level / len(tested)) for order, p in tested}
    return NO_DIFFERENCE if NO_DIFFERENCE in against else UNDECIDED


def _word(order: Order, p: Tested, level: float) -> str:
    small = p.p_equivalent < level
    if p.p_direction < level:
        if order.differences.mean * order.sign < 0:
            return DOES_NOT_HOLD
        return HOLDS_SMALL if small else HOLDS
    return NO_DIFFERENCE if small else UNDECIDED
