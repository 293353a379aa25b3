"""Student's interval of a mean over seeds, without `scipy.stats`, which takes a second to load."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, sqrt

LEVEL = 0.95


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean; of one value at least."""
    return sum(values) / len(values)


def standard_deviation(values: Sequence[float]) -> float:
    """With n − 1; not a number under two values."""
    if len(values) < 2:
        return float("nan")
    centre = mean(values)
    return sqrt(sum((value - centre) ** 2 for value in values) / (len(values) - 1))


def t_quantile(df: int, level: float = LEVEL) -> float:
    """The two-sided quantile of Student's t: 2.776 for 4 degrees of freedom at 95 %."""
    from scipy.special import stdtrit

    return float(stdtrit(df, 0.5 + level / 2))


def mean_half(values: Sequence[float], level: float = LEVEL) -> float:
    """Half width of the interval of the mean, in the values' unit; infinite for one value."""
    if len(values) < 2:
        return inf
    return t_quantile(len(values) - 1, level) * standard_deviation(values) / sqrt(len(values))
