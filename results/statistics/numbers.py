"""Whether a number that a paper states was reproduced. The paper's number is itself one run."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum, inf, sqrt

from harness.student_t import LEVEL, t_quantile
from results.statistics.nested import Interval, Nested

REPRODUCED, CONTRADICTED = "reproduced", "contradicted"
CONSISTENT, UNDECIDED = "consistent with one run", "undecided"
WORDS = (REPRODUCED, CONSISTENT, CONTRADICTED, UNDECIDED)
MARGIN = 0.5
LEAST_PAIRS = 5


@dataclass(frozen=True)
class Number:
    """word: of WORDS. mean: with its interval over pre-trainings. prediction: where one further run lies."""

    word: str
    mean: Interval
    prediction: Interval


def prediction(values: Nested, level: float = LEVEL) -> Interval:
    """Of one further run, of a new pair: t √(s²_pairs / P + s²_1), P − 1 degrees of freedom.

    s²_1 = s²_pairs + (1 − 1 / S) s²_within, where s²_pairs is the variance of the pairs' means, which holds
    1 / S of the variance within (of unequal numbers of seeds: the mean of 1 / S).
    """
    total, parts = values.variance_of_means(), values.components()
    if not total or parts is None:
        return Interval(values.mean, inf, max(values.pairs - 1, 0))
    share = fsum(1 / len(pair) for pair in values.values) / values.pairs
    one_run = total + (1 - share) * (parts.within or 0.0)
    df = values.pairs - 1
    return Interval(values.mean, t_quantile(df, level) * sqrt(total / values.pairs + one_run), df)


def compare(values: Nested, stated: float, margin: float = MARGIN, most: float | None = None) -> Number:
    """values and stated in percent; margin in points. most: where a range from `stated` to it is claimed."""
    mean, further = values.over_pretrainings(), prediction(values)
    off = max(stated - values.mean, values.mean - (stated if most is None else most), 0.0)
    inside = min(values.mean - stated, (stated if most is None else most) - values.mean)
    if mean.half - inside <= margin:
        word = REPRODUCED
    elif off - further.half > margin:
        word = CONTRADICTED
    elif off <= further.half <= 2 * margin and values.pairs >= LEAST_PAIRS:
        word = CONSISTENT
    else:
        word = UNDECIDED
    return Number(word, mean, further)
