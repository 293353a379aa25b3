"""A run's record as a whole."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from backbones.base.streams import STREAMS
from harness.record.identity import IDENTITY
from harness.record.schema.cost import Cost
from harness.record.schema.data import DataFacts
from harness.record.schema.facts import Code, PluginFacts, Timings
from harness.record.schema.metrics import Metrics
from harness.record.schema.start import StartsFrom, Study
from harness.record.schema.strict_model import Part

SCHEMA = 2
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
RunId = Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]  # it becomes names of files


class RunRecord(Part):
    """What a run leaves; its presence means that the run is finished.

    schema_version: of this file's fields. identity: of the rules that made `id`; records are compared with
    one another where these are equal. finished: ISO time, UTC. config: as given and completed. resolved:
    what it left open and a result depends on. precision: that the streams were computed in. determinism:
    level that was asked for, null where there was none to ask for. labels: what tables call the streams.
    fusion: the method's own rule. selection: which weights of the training were tested. study: null for runs
    of no study. weights: what was loaded into each stream, null from scratch. metrics: of the test videos,
    null where none were tested, as after a pre-training. validation: the same of the validation videos.
    environment: versions, machine and device. plugins: that the run used. files: SHA-256 by name of those
    that are read with the record, null in older ones. seal: over all else in the record
    (`harness.record.consistency.seal`), null in older ones.
    """

    schema_version: int = SCHEMA
    identity: Annotated[int, Field(ge=1)] = IDENTITY
    id: RunId
    harness_version: str
    code: Code = Code()
    finished: str
    config: dict[str, Any]
    resolved: dict[str, Any]
    precision: Literal["fp32", "bf16"] | None
    determinism: Literal["off", "best effort", "strict"] | None = None
    labels: dict[str, str]
    fusion: str
    selection: str
    study: Study | None = None
    starts_from: StartsFrom
    data: DataFacts
    weights: dict[str, dict[str, Any] | None]
    metrics: Metrics | None = None
    validation: Metrics | None = None
    cost: Cost
    environment: dict[str, Any]
    timings: Timings
    plugins: list[PluginFacts] = Field(default_factory=list)
    files: dict[str, Sha256] | None = None
    seal: Sha256 | None = None

    @model_validator(mode="after")
    def _names_both_streams(self) -> RunRecord:
        if set(self.labels) != set(STREAMS):
            raise ValueError("labels: expected one of the local and one of the global stream")
        failed = [part for part, names in self.data.failed.items() if names]
        if lacking := next((part for part in failed if part not in self.data.found), None):
            raise ValueError(f"data.found: expected the number of {lacking} videos")
        return self


class Record(RunRecord):
    """Of a run whose test videos were tested: what tables, figures and claims rest on."""

    metrics: Metrics
