"""How right a run's streams and fusion rules are, each number with its denominator and its interval."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import Field, StrictInt, model_validator

from harness.record.schema.strict_model import Part

ROUNDED = 0.001  # percent, of the ends of an interval
FEW = 12  # families: all choices among them are looked at


class Share(Part):
    """`correct` of `of`; low, high: 95 % interval of the share, in percent, by `method`."""

    correct: StrictInt
    of: StrictInt
    low: float
    high: float
    method: str

    @model_validator(mode="after")
    def _a_share(self) -> Share:
        if not (0 <= self.correct <= self.of and 0 <= self.low <= self.high <= 100):
            said = f"{self.correct} of {self.of}, {self.low:g} to {self.high:g} %"
            raise ValueError(f"{said} is no share with an interval")
        if self.of and not self.low - ROUNDED <= self.percent <= self.high + ROUNDED:
            raise ValueError(
                f"{self.correct} of {self.of} lies outside its interval, {self.low:g} to {self.high:g} %"
            )
        return self

    @property
    def percent(self) -> float:
        return 100 * self.correct / self.of if self.of else 0.0


def _sums(shares: Iterable[Share]) -> set[tuple[int, int]]:
    """(correct, of) of all choices among a few families: some may stand apart."""
    sums = {(0, 0)}
    for share in shares:
        sums |= {(correct + share.correct, of + share.of) for correct, of in sums}
    return sums


class Scores(Part):
    """Video accuracy. A video that could not be decoded is in the denominator, as wrong.

    k: "top5" is top-k where top-5 could not fail: with few classes, or where classes come in families that
    are told apart at a glance. per_class, per_family: top-1, also of the families that the other numbers
    leave out (`DataFacts.apart`).
    nll: mean of -log p(label) in nats; ece: expected calibration error, 15 equal bins of the largest score
    (Guo et al., ICML 2017), in percent. Both over the videos that could be decoded; None in older records.
    """

    top1: Share
    top5: Share
    k: int
    per_class: dict[str, Share]
    per_family: dict[str, Share] = Field(default_factory=dict)
    nll: float | None = None
    ece: float | None = None

    @model_validator(mode="after")
    def _add_up(self) -> Scores:
        """Who is right at first is right among k, and in a class."""
        top1, top5 = self.top1, self.top5
        if top1.of == top5.of and top1.correct > top5.correct:
            raise ValueError(f"top-1 has {top1.correct} of {top1.of} right, top-{self.k} only {top5.correct}")
        right = sum(each.correct for each in self.per_class.values())
        videos = sum(each.of for each in self.per_class.values())
        # Classes of families that stand apart are in no headline number.
        if right < top1.correct <= top1.of <= videos or (videos == top1.of and right != top1.correct):
            raise ValueError(f"top-1 has {top1.correct} of {top1.of} right, its classes {right} of {videos}")
        families = self.per_family.values() if len(self.per_family) <= FEW else ()
        every = sum(each.of for each in families) == videos  # a video may be of no family
        sums = {correct for correct, of in _sums(families) if of == top1.of} if every else set()
        if top1.of and sums and top1.correct not in sums:
            raise ValueError(f"top-1 has {top1.correct} of {top1.of} right, which no families add up to")
        return self


class Difference(Part):
    """Top-1 less that of average fusion on the same videos, in points, with its 95 % interval by `method`.

    gained, lost: videos that only this rule, that only average fusion gets right.
    """

    points: float
    low: float
    high: float
    gained: StrictInt
    lost: StrictInt
    method: str


class FusionScores(Scores):
    """to_average: None in older records and for average itself.

    settings: of the rule. learned: what it chose, where that is a word or a number. fitted_on: number of
    held-out videos, 0 for rules without parameters. fit_s: seconds of fitting alone.
    """

    to_average: Difference | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    learned: dict[str, float | str] = Field(default_factory=dict)
    fitted_on: int = 0
    fit_s: float = 0.0


class StreamMetrics(Scores):
    """clip_top1, clip_top5: over all views of all videos, each view judged alone."""

    clip_top1: Share
    clip_top5: Share


class Dominance(Part):
    """Who dominates the test videos, by equation (1), interpretation R1, on view-averaged scores.

    local: videos where the local stream dominates. agreement: of the videos whose right stream is known,
    those where it dominates (none: not known on this data). per_family: the same by family.
    max_softmax: videos where comparing the largest scores says the same as R1. local_per_class: `local` by
    class ({} in records of schema 1).
    mean_local, mean_global: means of m_l, m_g. mean_weight_local: mean adaptive weight of the local stream.
    """

    local: Share
    agreement: Share | None = None
    per_family: dict[str, Share] = Field(default_factory=dict)
    max_softmax: Share
    local_per_class: dict[str, Share] = Field(default_factory=dict)
    mean_local: float
    mean_global: float
    mean_weight_local: float


class Metrics(Part):
    """`global` is a word of Python's, so the field is `glob`; files say `global`.

    not_fused: rules that could not be fitted, and why. oracle: videos that either stream gets right,
    which no rule that chooses between the streams can exceed: a bound, not a predictor.
    """

    local: StreamMetrics
    glob: StreamMetrics = Field(validation_alias="global", serialization_alias="global")
    fusion: dict[str, FusionScores]
    not_fused: dict[str, str] = Field(default_factory=dict)
    oracle: Share | None = None
    dominance: Dominance
