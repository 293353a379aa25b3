"""Tests over seeds, by SciPy's distribution functions: `scipy.stats` takes a second to load."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isnan, sqrt

from harness.student_t import LEVEL, mean, standard_deviation, t_quantile


def next_half(values: Sequence[float], level: float = LEVEL) -> float:
    """Half width of the interval of the mean minus one further draw; infinite for one value."""
    if len(values) < 2:
        return inf
    return t_quantile(len(values) - 1, level) * standard_deviation(values) * sqrt(1 + 1 / len(values))


def p_of_zero_mean(values: Sequence[float]) -> float:
    """Two-sided p of the t test that the mean of `values` (differences, paired by seed) is 0."""
    from scipy.special import stdtr

    spread = standard_deviation(values)
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
