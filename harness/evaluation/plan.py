"""On which views a run's streams are tested, resolved from the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from backbones.base.streams import PerStream
from harness.config.schema import Config
from harness.data.clips.dataset import Views
from harness.data.clips.sample import Short


@dataclass(frozen=True)
class EvaluationPlan:
    """part: which videos are tested, "test", "validation" or "none". test: views of each of them.
    held_out: those of each video that fusion rules are fitted on.

    short: what stands where a video is shorter than a clip. store_maps: whether maps are kept, too.
    """

    part: Literal["test", "validation", "none"]
    test: PerStream[Views]
    held_out: PerStream[Views]
    short: Short
    store_maps: bool


def evaluation_plan(config: Config) -> EvaluationPlan:
    """The test that the configuration asks for."""
    test = config.test
    views = PerStream(Views(test.local_clips, test.crops), Views(test.global_clips, test.crops))
    few = config.fit.views
    return EvaluationPlan(
        part=test.part,
        test=views,
        held_out=views if few == "test" else PerStream(Views(few), Views(few)),
        short=config.data.short,
        store_maps=test.store_maps,
    )
