"""What a training does, resolved from the configuration: nothing here depends on the machine."""

from __future__ import annotations

from dataclasses import dataclass, replace

from backbones.base.streams import PerStream
from harness.config.schema import Config, StreamConfig, TrainConfig
from harness.data.clips.dataset import TrainSampling
from harness.data.clips.schedule import TrainingSchedule
from harness.training.augmentation.mixing import Mixing
from harness.training.optimization.optimizer import Optimization
from harness.training.optimization.plateau import PlateauRule
from harness.training.optimization.rates import RateFactors


@dataclass(frozen=True)
class TrainingPlan:
    """One training of a method. micro_batch: videos of one forward pass, over all processes. mixing: of
    their clips, if they are mixed. sync_batchnorm: whether BatchNorm sees those of all processes."""

    schedule: TrainingSchedule
    optimization: Optimization
    sampling: TrainSampling
    micro_batch: int
    mixing: Mixing | None = None
    sync_batchnorm: bool = False

    @property
    def seed(self) -> int:
        return self.sampling.seed

    def on(self, videos: int) -> TrainingPlan:
        """The same training on another number of videos."""
        return replace(self, schedule=replace(self.schedule, videos=videos))


def training_plan(config: Config, schedule: TrainingSchedule, sampling: TrainSampling) -> TrainingPlan:
    """The training that the configuration asks for."""
    train, follows = config.train, config.train.schedule == "plateau"
    optimization = Optimization(
        lr=train.lr,
        momentum=train.momentum,
        weight_decay=train.weight_decay,
        warmup_steps=train.warmup_steps,
        factors=PerStream(_factors(config.local, train), _factors(config.glob, train)),
        name=train.optimizer,
        decay_norms=train.decay_norms,
        clip_norm=train.clip_norm,
        ema=train.ema,
        dampening=train.dampening,
        plateau=PlateauRule(train.plateau_factor, train.plateau_patience) if follows else None,
    )
    mixed = Mixing(train.mixup, train.cutmix, sampling.seed) if train.mixup or train.cutmix else None
    at_once = train.micro_batch or train.batch_size
    return TrainingPlan(schedule, optimization, sampling, at_once, mixed, train.sync_batchnorm)


def _factors(stream: StreamConfig, train: TrainConfig) -> RateFactors:
    return RateFactors(stream.lr_factor, stream.head_lr_factor, train.layer_decay)


def train_sampling(
    config: Config, flip: bool, same_clip: bool = False, seed: int | None = None
) -> TrainSampling:
    """flip: whether the data set allows left and right to be exchanged, unless the configuration decides.

    seed: of all that is drawn in training; None is the configuration's.
    """
    data, train = config.data, config.train
    return TrainSampling(
        seed=config.seed if seed is None else seed,
        short=data.short,
        flip=flip if data.flip is None else data.flip,
        same_clip=same_clip,
        randaugment=train.randaugment,
        magnitude=train.randaugment_magnitude,
    )
