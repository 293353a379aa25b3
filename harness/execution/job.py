"""A run about to be made, and how the machine is to make it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backbones.base.errors import UsageError, UserError
from backbones.base.streams import StreamName
from harness.data.clips.loader import LoaderSettings
from harness.data.clips.network_input import NetworkInput
from harness.data.index import VideoIndex
from harness.evaluation.plan import EvaluationPlan
from harness.execution.reporter import Reporter
from harness.execution.run_facts import RunFacts
from harness.files import nearest_there, refusal_of
from harness.record.folder import RunFolder
from harness.record.schema import Study
from harness.training.device import Device
from harness.training.plan import TrainingPlan
from harness.training.precision import clip_dtype
from harness.training.stopping import StopFlag
from harness.training.streams.build import Streams
from harness.training.streams.from_runs import Source
from harness.training.trackers.sink import Trackers

if TYPE_CHECKING:
    from lightning_fabric import Fabric


@dataclass(frozen=True)
class Launch:
    """What does not change a result: where the data is, where runs go, on what and how it runs.

    views_at_once: views of a stream that testing passes through it together. flow_cache: where optical flow
    is kept between epochs and runs, if anywhere. trackers: that are told its numbers. study: for which the
    run is made, if for one; its runs are not timed beforehand. wait: for a run that another makes.
    determinism: a level (`harness.training.determinism`). awaiting: a dry run of one whose pre-trainings are
    not made yet, so that what needs trained weights will have some. gradient_checkpointing: whether stages
    are computed again in the backward pass, for less memory.
    """

    data_root: Path | None
    out: Path
    device: str
    workers: int
    restart: bool = False
    dry_run: bool = False
    views_at_once: int = 16
    checkpoint_every_s: float = 60.0
    flow_cache: Path | None = None
    trackers: tuple[str, ...] = ()
    study: Study | None = None
    wait: bool = False
    determinism: str = "off"
    gradient_checkpointing: bool = False
    awaiting: bool = False

    def check_places(self) -> None:
        """A `UsageError` where a file is in the place of a folder; a `UserError` where no run can be kept and
        none is there."""
        nearest = nearest_there(self.out)
        if not nearest.is_dir():
            raise UsageError(f"--out {self.out}: '{nearest}' is a file; give a folder")
        if self.flow_cache and not nearest_there(self.flow_cache).is_dir():
            raise UsageError(f"--flow-cache {self.flow_cache}: a file is in its place; give a folder")
        if not any(self.out.glob("*/record.json")):
            self.check_writable()

    def check_writable(self) -> None:
        """A `UserError` where runs cannot be kept under `out`; writes nothing there. A finished run is shown
        all the same."""
        nearest = nearest_there(self.out)
        if not self.dry_run and (reason := refusal_of(nearest)):
            raise UserError(f"--out {self.out}: '{nearest}' is not writable ({reason}); give another folder")


@dataclass(frozen=True)
class Fold:
    """One training of cross-fitting: on the index's training videos, without its held-out ones."""

    index: VideoIndex
    training: TrainingPlan


@dataclass(frozen=True, kw_only=True)
class Job:
    """A run about to be made: all that is known before it starts. Nothing later reads the configuration.

    new_streams: builds the streams again as they were built at first. sources: the runs that weights come
    from. foreign: files of weights that are a run's, which is not known. folds: of cross-fitting, if it is
    asked for. compile: whether the streams run compiled.
    resolved: what the configuration leaves open and a result depends on.
    """

    facts: RunFacts
    launch: Launch
    reporter: Reporter
    device: Device
    index: VideoIndex
    streams: Streams
    new_streams: Callable[[], Streams]
    sources: Mapping[StreamName, Source]
    training: TrainingPlan
    evaluation: EvaluationPlan
    folds: tuple[Fold, ...]
    compile: bool
    resolved: dict[str, Any]
    folder: RunFolder
    foreign: tuple[str, ...] = ()
    trackers: Trackers | None = None
    stop: StopFlag = field(default_factory=StopFlag)

    @property
    def steps(self) -> int:
        """Of the run's own training."""
        return self.training.schedule.steps

    @property
    def fold_steps(self) -> int:
        """Of the trainings of all folds."""
        return sum(fold.training.schedule.steps for fold in self.folds)

    def inputs(self, fabric: Fabric) -> NetworkInput:
        return NetworkInput(self.streams.specs, fabric.device, clip_dtype(self.device.precision))

    def loading(self, fabric: Fabric) -> LoaderSettings:
        return LoaderSettings(
            rank=fabric.global_rank,
            world=fabric.world_size,
            workers=self.launch.workers,
            flow_cache=self.launch.flow_cache,
        )
