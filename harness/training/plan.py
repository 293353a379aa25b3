"""What a training does, resolved from the configuration: nothing here depends on the machine."""

from __future__ import annotations

from dataclasses import dataclass, replace

from backbones.base.streams import PerStream
from harness.config.schema import Config, StreamConfig
from harness.data.clips.dataset import TrainSampling
from harness.data.clips.schedule import TrainingSchedule
from harness.training.rates import RateFactors

AS_THEY_ARE = PerStream(RateFactors(), RateFactors())


@dataclass(frozen=True)
class Optimization:
    """How parameters are updated. lr: at the start; it rises over the first `warmup_steps`."""

    lr: float
    momentum: float
    weight_decay: float
    warmup_steps: int = 0
    factors: PerStream[RateFactors] = AS_THEY_ARE


@dataclass(frozen=True)
class TrainingPlan:
    """One training of a method. micro_batch: videos of one forward pass, over all processes."""

    schedule: TrainingSchedule
    optimization: Optimization
    sampling: TrainSampling
    micro_batch: int

    @property
    def seed(self) -> int:
        return self.sampling.seed

    def on(self, videos: int) -> TrainingPlan:
        """The same training on another number of videos."""
        return replace(self, schedule=replace(self.schedule, videos=videos))


def training_plan(config: Config, schedule: TrainingSchedule, sampling: TrainSampling) -> TrainingPlan:
    train = config.train
    optimization = Optimization(
        lr=train.lr,
        momentum=train.momentum,
        weight_decay=train.weight_decay,
        warmup_steps=train.warmup_steps,
        factors=PerStream(_factors(config.local), _factors(config.glob)),
    )
    return TrainingPlan(schedule, optimization, sampling, train.micro_batch or train.batch_size)


def _factors(stream: StreamConfig) -> RateFactors:
    return RateFactors(stream.lr_factor, stream.head_lr_factor)


def train_sampling(
    config: Config, flip: bool, same_clip: bool = False, seed: int | None = None
) -> TrainSampling:
    """flip: whether the data set allows left and right to be exchanged, unless the configuration decides.

    seed: of all that is drawn in training; None is the configuration's.
    """
    data = config.data
    drawn = config.seed if seed is None else seed
    return TrainSampling(drawn, data.short, flip if data.flip is None else data.flip, same_clip)
