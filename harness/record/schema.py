"""What a run leaves: a typed, versioned record. No torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from backbones.base.errors import UserError
from harness.config.schema import Config
from harness.config.validation_messages import first_error, unknown_settings

SCHEMA = 1


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Share(Part):
    """`correct` of `of`; low, high: 95 % interval of the share, in percent, by `method`."""

    correct: int
    of: int
    low: float
    high: float
    method: str

    @model_validator(mode="after")
    def _a_share(self) -> Share:
        if not (0 <= self.correct <= self.of and 0 <= self.low <= self.high <= 100):
            said = f"{self.correct} of {self.of}, {self.low:g} to {self.high:g} %"
            raise ValueError(f"{said} is no share with an interval")
        return self

    @property
    def percent(self) -> float:
        return 100 * self.correct / self.of if self.of else 0.0


class Scores(Part):
    """Video accuracy. A video that could not be decoded is in the denominator, as wrong.

    k: top-5 is top-k where there are fewer than five classes. per_class, per_family: top-1.
    nll: mean of -log p(label) in nats; ece: expected calibration error, 15 equal bins of the largest score
    (Guo et al., ICML 2017), in percent. Both over the videos that could be decoded; None in older records.
    """

    top1: Share
    top5: Share
    k: int
    per_class: dict[str, Share]
    per_family: dict[str, Share] = {}
    nll: float | None = None
    ece: float | None = None


class Difference(Part):
    """Top-1 less that of average fusion on the same videos, in points, with its 95 % interval by `method`.

    gained, lost: videos that only this rule, that only average fusion gets right.
    """

    points: float
    low: float
    high: float
    gained: int
    lost: int
    method: str


class FusionScores(Scores):
    """to_average: None in older records and for average itself.

    settings: of the rule. learned: what it chose, where that is a word or a number. fitted_on: number of
    held-out videos, 0 for rules without parameters. fit_s: seconds of fitting alone.
    """

    to_average: Difference | None = None
    settings: dict[str, Any] = {}
    learned: dict[str, float | str] = {}
    fitted_on: int = 0
    fit_s: float = 0.0


class StreamMetrics(Scores):
    """clip_top1, clip_top5: over all views of all videos, each view judged alone."""

    clip_top1: Share
    clip_top5: Share


class Dominance(Part):
    """Who dominates the test videos, by equation (1), reading R1, on view-averaged scores.

    local: videos where the local stream dominates. agreement: of the videos whose right stream is known,
    those where it dominates (none: not known on this data). per_family: the same by family.
    max_softmax: videos where comparing the largest scores says the same as R1.
    mean_local, mean_global: means of m_l, m_g. mean_weight_local: mean adaptive weight of the local stream.
    """

    local: Share
    agreement: Share | None = None
    per_family: dict[str, Share] = {}
    max_softmax: Share
    mean_local: float
    mean_global: float
    mean_weight_local: float


class Metrics(Part):
    """not_fused: rules that could not be fitted, and why. oracle: videos that either stream gets right,
    which no rule that chooses between the streams can exceed: a bound, not a predictor."""

    local: StreamMetrics
    glob: StreamMetrics
    fusion: dict[str, FusionScores]
    not_fused: dict[str, str] = {}
    oracle: Share | None = None
    dominance: Dominance


class DataFacts(Part):
    """found, expected, failed: by part ("train", "test"). failed: ids and reasons.

    "holdout" counts those of "train" that the streams did not see, kept for fitting fusion rules.
    """

    dataset: str
    split: str
    fingerprint: str
    classes: list[str]
    found: dict[str, int]
    expected: dict[str, int | None]
    missing: list[str]
    failed: dict[str, dict[str, str]]
    warnings: list[str]


class StreamCost(Part):
    """Cost of one stream for one view; `views` of them make a video's test.

    label: "r2plus1d50 ×¼". macs: multiply-adds; flops: 2 per multiply-add, by `counter`.
    uncounted: operators that no counter saw. latency_ms: median of one view in a batch of one.
    """

    label: str
    frames: int
    size: int
    width: float
    parameters: int
    macs: int
    flops: int
    counter: str
    cross_check_macs: int | None = None
    uncounted: list[str] = []
    views: int
    latency_ms: float | None = None
    peak_memory_mb: float | None = None
    memory_method: str | None = None
    device: str | None = None
    precision: str | None = None
    batch: int | None = None


class Cost(Part):
    """run: of this run's networks. full: of the full-width networks at the paper's input, counted only."""

    run: dict[str, StreamCost]
    full: dict[str, StreamCost]


class Timings(Part):
    """Seconds. data_wait_share: part of the training time spent waiting for clips.

    cross_fit_s: of the folds' trainings and tests, which the other numbers leave out.
    """

    train_s: float
    test_s: float
    steps: int
    videos_per_s: float
    data_wait_share: float
    sessions: int
    cross_fit_s: float = 0.0


class PluginFacts(Part):
    """A plug-in that the run used. source: its file's name, or its package and version. sha256: of its file.

    adds: what it adds, as "method mutual".
    """

    name: str
    source: str
    sha256: str
    adds: list[str]


class Record(Part):
    schema_version: int = SCHEMA
    id: str
    harness_version: str
    finished: str
    config: dict[str, Any]
    resolved: dict[str, Any]
    labels: dict[str, str]
    fusion: str
    selection: str
    data: DataFacts
    weights: dict[str, dict[str, Any] | None]
    metrics: Metrics
    cost: Cost
    environment: dict[str, Any]
    timings: Timings
    plugins: list[PluginFacts] = []


def read_record(path: Path) -> Record:
    """The record at `path`; a `UserError` says in one line why it cannot be used."""
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path} is not a readable record ({error}); make the run again with --restart"
        ) from None
    version = tree.get("schema_version") if isinstance(tree, dict) else None
    if isinstance(version, int) and version > SCHEMA:
        raise UserError(f"{path} has schema {version}, this harness reads up to {SCHEMA}: update the harness")
    try:
        record = Record.model_validate(tree)
    except ValidationError as error:
        first = first_error(error)
        said = f"{first.setting}: {first.message}" if first.setting else first.message
        raise UserError(f"{path} is not a valid record: {said}; make the run again with --restart") from None
    if foreign := foreign_settings(record.config):
        made = f"record {path} was made by another version of the harness"
        raise UserError(f"{made}: {foreign}; make it again with --restart")
    return record


def foreign_settings(config: dict[str, Any]) -> str:
    """What in a configuration this version does not understand, or nothing."""
    try:
        Config.model_validate(config)
    except ValidationError as error:
        if unknown := unknown_settings(error):
            return f"unknown setting{'s' * (len(unknown) > 1)} {', '.join(unknown)}"
        first = first_error(error)
        return f"{first.setting}: {first.message}"
    return ""
