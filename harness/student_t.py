"""Student's t for intervals and tests, without SciPy where it can be had exactly.

Importing `scipy.special` takes 0.5 s, as long as all the rest of a command that shows a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import atan, cos, fsum, pi, sin, sqrt

from harness.t_quantiles import AT_95

LEVEL = 0.95
MOST_SUMMED = 1000  # degrees of freedom; the sum has half as many terms
LEAST_SUMMED = 1e-9  # of a tail


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean; of one value at least.

    Sums here and in `results` are rounded once: from Python 3.12 on `sum` of floats has other last digits.
    """
    return fsum(values) / len(values)


def t_quantile(df: int, level: float = LEVEL) -> float:
    """The two-sided quantile of Student's t: 2.776 for 4 degrees of freedom at 95 %."""
    if level == LEVEL and 1 <= df <= len(AT_95):
        return AT_95[df - 1]
    from scipy.special import stdtrit

    return float(stdtrit(df, 0.5 + level / 2))


def t_tail(t: float, df: int) -> float:
    """P(T > t) of Student's t.

    The finite sum for whole degrees of freedom (Abramowitz and Stegun, 26.7.3 and 26.7.4); SciPy where `df`
    is large, or the tail so small that the sum, which gives the middle, leaves few digits of it.
    """
    tail = (1 - _within(abs(t), df)) / 2 if df <= MOST_SUMMED else 0.0
    if tail < LEAST_SUMMED:
        from scipy.special import stdtr

        return float(stdtr(df, -t))
    return tail if t >= 0 else 1 - tail


def _within(t: float, df: int) -> float:
    """P(|T| < t)."""
    angle = atan(t / sqrt(df))
    cosine, square = cos(angle), cos(angle) ** 2
    odd = df % 2
    term = cosine if odd else 1.0
    total = 0.0 if df == 1 else term
    for k in range(2 + odd, df - 1, 2):
        term *= square * (k - 1) / k
        total += term
    return 2 / pi * (angle + sin(angle) * total) if odd else sin(angle) * total
