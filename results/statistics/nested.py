"""Statistics of a study's values, which are nested: joint seeds within pairs of pre-trained streams.

Two intervals, which answer two questions. *Over pre-trainings*: what another pair, with scenes of its own,
would give on average; Student's t over the pairs' means. *For these pre-trained streams*: what other joint
seeds of the same pairs would give; its spread is pooled within the pairs. Verdicts rest on the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, inf, sqrt

from harness.student_t import LEVEL, mean, t_quantile

CANCELLED = 1e-9  # points: far under one video of any test, far above the rounding of floats


@dataclass(frozen=True)
class Interval:
    """centre ± half, in the values' unit; half is infinite where there is nothing to estimate it from."""

    centre: float
    half: float
    df: int

    @property
    def low(self) -> float:
        return self.centre - self.half

    @property
    def high(self) -> float:
        return self.centre + self.half


@dataclass(frozen=True)
class Components:
    """Variances of one value: between pairs (negative estimates are 0) and within a pair.

    df_within is 0, and `within` not known (None), where every pair has one seed; `between` then holds both.
    Neither the variance of pairs' means nor the one within is below that of rounding to the resolution.
    """

    between: float
    within: float | None
    df_within: int


@dataclass(frozen=True)
class Nested:
    """values: of each pair, one per joint seed; paired differences of two arms, or one arm's percentages.

    resolution: the smallest step between two possible values (100 / videos, in points), or 0 where it is
    not known. Equal values do not prove that nothing varies: a value is known up to this step only.
    """

    values: tuple[tuple[float, ...], ...]
    resolution: float = 0.0

    def __post_init__(self) -> None:
        if not self.values or not all(self.values):
            raise ValueError("no pairs, or a pair without a value")

    @classmethod
    def of(cls, values: Sequence[Sequence[float]], resolution: float = 0.0) -> Nested:
        return cls(tuple(tuple(pair) for pair in values), resolution)

    @property
    def pairs(self) -> int:
        return len(self.values)

    @property
    def runs(self) -> int:
        return sum(map(len, self.values))

    @property
    def means(self) -> list[float]:
        return [mean(pair) for pair in self.values]

    @property
    def mean(self) -> float:
        """Of the pairs' means: each pair counts once, whatever its number of seeds.

        What is left of shares that cancel, as 1/38 and -1/38, is 0.
        """
        found = mean(self.means)
        return found if abs(found) > CANCELLED else 0.0

    def variance_of_means(self) -> float | None:
        """Between the pairs' means, with P − 1; None of one pair, 0 only where that can be known.

        Not below the variance of rounding to `resolution` (uniform, step² / 12).
        """
        if self.pairs < 2:
            return None
        centre = self.mean
        found = fsum((value - centre) ** 2 for value in self.means) / (self.pairs - 1)
        return max(found, self.resolution**2 / 12)

    @property
    def at_floor(self) -> bool:
        """Whether the interval over pre-trainings is the narrowest that the resolution allows."""
        found, step = self.variance_of_means(), self.resolution
        return bool(step) and found == step**2 / 12

    def components(self) -> Components | None:
        """None of one pair with one seed. Unequal numbers of seeds enter by the mean of 1 / seeds."""
        df = self.runs - self.pairs
        squares = fsum((v - mean(pair)) ** 2 for pair in self.values for v in pair)
        within = max(squares / df, self.resolution**2 / 12) if df else None
        total = self.variance_of_means()
        if total is None:
            return None if within is None else Components(0.0, within, df)
        share = mean([1 / len(pair) for pair in self.values])
        return Components(max(0.0, total - (within or 0.0) * share), within, df)

    def over_pretrainings(self, level: float = LEVEL) -> Interval:
        """Student's t over the pairs' means, P − 1 degrees of freedom."""
        variance = self.variance_of_means()
        if not variance:  # one pair, or equal values of unknown resolution
            return Interval(self.mean, inf, max(self.pairs - 1, 0))
        df = self.pairs - 1
        return Interval(self.mean, t_quantile(df, level) * sqrt(variance / self.pairs), df)

    def for_these_streams(self, level: float = LEVEL) -> Interval:
        """The spread within pairs, pooled; of equally many seeds S the standard error is s / √(P S)."""
        parts = self.components()
        if parts is None or not parts.within:
            return Interval(self.mean, inf, 0)
        error = sqrt(parts.within * fsum(1 / len(pair) for pair in self.values)) / self.pairs
        return Interval(self.mean, t_quantile(parts.df_within, level) * error, parts.df_within)

    def showing(self, sign: int) -> tuple[int, int]:
        """(pairs whose first run has a difference of that sign, pairs): what one run of a reader shows."""
        return sum(pair[0] * sign > 0 for pair in self.values), self.pairs
