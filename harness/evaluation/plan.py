"""On which views a run's streams are tested, resolved from the configuration."""

from __future__ import annotations

from dataclasses import dataclass

from backbones.base.streams import PerStream
from harness.config.schema import Config
from harness.data.clips.dataset import Views
from harness.data.clips.sample import Short


@dataclass(frozen=True)
class EvaluationPlan:
    """test: views of each test video. held_out: those of each video that fusion rules are fitted on.

    short: what stands where a video is shorter than a clip. store_maps: whether maps are kept, too.
    """

    test: PerStream[Views]
    held_out: PerStream[Views]
    short: Short
    store_maps: bool


def evaluation_plan(config: Config) -> EvaluationPlan:
    test, views = config.test, Views(config.fit.views)
    return EvaluationPlan(
        test=PerStream(Views(test.local_clips, test.crops), Views(test.global_clips, test.crops)),
        held_out=PerStream(views, views),
        short=config.data.short,
        store_maps=test.store_maps,
    )
