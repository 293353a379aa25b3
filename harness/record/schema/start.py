"""What a run begins with, and the study that it belongs to."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from harness.record.schema.strict_model import Part


class Start(Part):
    """Where a stream's first weights come from.

    kind: "scratch" (drawn by the seed), "file", "zoo" (published weights by their name) or "run". name: of
    the file or of the weights, or the run's id; null from scratch. sha256: of the file or of the tensors,
    null from scratch.
    """

    kind: Literal["scratch", "file", "zoo", "run"]
    name: str | None = None
    sha256: str | None = None


class Pair(Part):
    """The two pre-trained streams that joint trainings start from.

    seed: of the pre-training. settings: what it was told besides its preset's recipe, flat, as
    "pretraining.both.train.epochs"; empty in records of versions that did not keep it.
    """

    id: str
    seed: int
    settings: dict[str, Any] = Field(default_factory=dict)


class StartsFrom(Part):
    """pair: null where the two streams do not come from one pre-training."""

    local: Start
    glob: Start = Field(validation_alias="global", serialization_alias="global")
    pair: Pair | None = None


class Study(Part):
    """The study that a run was made for.

    plan_sha256: of the plan's file as it was committed. arm: the method with its settings, by its name in
    the plan. pair, seed: which pre-trained pair and which joint seed of it, by number.
    """

    name: str
    plan_sha256: str
    arm: str
    pair: int
    seed: int
