"""The rule of choice, and the spread over trials that is reported beside it. No torch."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from harness.campaign.sweep.trial import FAILED, Trial

RULE = "highest {metric} on validation videos; of equal trials the earliest"


@dataclass(frozen=True)
class Choice:
    """trial: the chosen one. ties: numbers of later trials with the same value."""

    trial: Trial
    ties: tuple[int, ...]


@dataclass(frozen=True)
class Spread:
    """Of the metric over the finished trials of an arm, in percent and points.

    sd: standard deviation, n - 1 in the denominator; None of fewer than two.
    """

    trials: int
    finished: int
    failed: int
    least: float | None
    median: float | None
    most: float | None
    sd: float | None


def choose(trials: Sequence[Trial]) -> Choice | None:
    """None where no trial is finished."""
    finished = sorted((t for t in trials if t.value is not None), key=lambda t: t.number)
    if not finished:
        return None
    best = max(finished, key=lambda trial: trial.value or 0.0)  # of equal ones the first
    ties = tuple(t.number for t in finished if t.value == best.value and t is not best)
    return Choice(best, ties)


def spread(trials: Sequence[Trial]) -> Spread:
    """The spread of an arm's finished trials."""
    values = [trial.value for trial in trials if trial.value is not None]
    return Spread(
        trials=len(trials),
        finished=len(values),
        failed=sum(trial.state == FAILED for trial in trials),
        least=min(values, default=None),
        median=statistics.median(values) if values else None,
        most=max(values, default=None),
        sd=statistics.stdev(values) if len(values) > 1 else None,
    )
