"""Two outputs of a study compared: paired differences, both intervals, p, power, variance components."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, sqrt

from harness.console.signed import signed
from results.statistics.nested import Interval, Nested
from results.statistics.orders import Order, Tested, p_values
from results.studies.measure import Matrix, Output
from results.studies.planned_power import Power


@dataclass(frozen=True)
class Contrast:
    """left less right, in points; right may be a share that a claim names. margin: the points that matter.

    differences: over the pairs and joint seeds that both have. sign: of the claimed order. power: that the
    plan gave it, where a pilot is known.
    """

    left: Output
    right: Output | float
    differences: Nested
    margin: float
    sign: int = 1
    power: Power | None = None

    @property
    def order(self) -> Order:
        return Order(self.differences, self.sign, self.margin)

    @property
    def over(self) -> Interval:
        return self.differences.over_pretrainings()

    @property
    def these(self) -> Interval:
        return self.differences.for_these_streams()

    @property
    def p(self) -> Tested:
        return p_values(self.differences, self.margin)

    @property
    def showing(self) -> tuple[int, int]:
        """(pairs whose first run shows the claimed order, pairs)."""
        return self.differences.showing(self.sign or 1)

    def deviations(self) -> tuple[float | None, float | None]:
        """Standard deviations between pairs and within one, in points; None where they are not known.

        Of one seed per pair the first one holds both.
        """
        parts = self.differences.components()
        if parts is None:
            return None, None
        between = sqrt(parts.between) if self.differences.pairs > 1 else None
        return between, None if parts.within is None else sqrt(parts.within)

    @property
    def outputs(self) -> tuple[Output, ...]:
        return (self.left, self.right) if isinstance(self.right, Output) else (self.left,)

    def summary(self) -> str:
        """`difference −0.31 ± 0.52 over pre-trainings, ± 0.20 for these pre-trained streams (27 pairs) …`."""
        over, these = self.over, self.these
        halves = [(over.half, "over pre-trainings"), (these.half, "for these pre-trained streams")]
        shown = ", ".join(f"± {half:.2f} {name}" for half, name in halves if isfinite(half))
        text = f"difference {signed(over.centre)} {shown} ({self.differences.pairs} pairs)"
        p = self.p
        tested = f", p = {p.direction:.2g} (different), {p.equivalent:.2g} (equal)"
        text += f"{tested * isfinite(over.half)}, margin {self.margin:g}"
        if self.power:
            order, equal = 100 * self.power.order, 100 * self.power.equal
            text += f"; planned power {order:.0f} % (order), {equal:.0f} % (equal)"
        return text

    def __str__(self) -> str:
        right = f"{self.right:g}" if isinstance(self.right, float | int) else str(self.right)
        return f"{self.left} − {right}"


def contrast(
    matrix: Matrix, left: Output, right: Output | float, margin: float, sign: int = 1
) -> Contrast | None:
    """None where no pair and joint seed has both."""
    found = matrix.differences(left, right)
    return None if found is None else Contrast(left, right, found, margin, sign)
