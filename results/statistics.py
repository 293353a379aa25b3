"""Intervals and tests over seeds, by SciPy's distribution functions: `scipy.stats` takes a second to load."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isnan, sqrt

LEVEL = 0.95


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def deviation(values: Sequence[float]) -> float:
    """Standard deviation with n − 1; not a number under two values."""
    if len(values) < 2:
        return float("nan")
    centre = mean(values)
    return sqrt(sum((value - centre) ** 2 for value in values) / (len(values) - 1))


def t_quantile(df: int, level: float = LEVEL) -> float:
    """The two-sided quantile of Student's t: 2.776 for 4 degrees of freedom at 95 %."""
    from scipy.special import stdtrit

    return float(stdtrit(df, 0.5 + level / 2))


def mean_half(values: Sequence[float], level: float = LEVEL) -> float:
    """Half width of the interval of the mean by Student's t; infinite for one value."""
    if len(values) < 2:
        return inf
    return t_quantile(len(values) - 1, level) * deviation(values) / sqrt(len(values))


def next_half(values: Sequence[float], level: float = LEVEL) -> float:
    """Half width of the interval of the mean minus one further draw; infinite for one value."""
    if len(values) < 2:
        return inf
    return t_quantile(len(values) - 1, level) * deviation(values) * sqrt(1 + 1 / len(values))


def p_of_zero_mean(values: Sequence[float]) -> float:
    """Two-sided p of the t test that the mean of `values` (differences, paired by seed) is 0."""
    from scipy.special import stdtr

    spread = deviation(values)
    if isnan(spread):
        return 1.0
    if spread == 0:
        return 0.0 if mean(values) else 1.0
    t = mean(values) / spread * sqrt(len(values))
    return float(2 * stdtr(len(values) - 1, -abs(t)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment (Scandinavian Journal of Statistics 6, 1979), in the order given."""
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    ranked = sorted(range(len(p_values)), key=lambda index: p_values[index])
    for rank, index in enumerate(ranked):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted
