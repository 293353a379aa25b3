"""The configuration of a run: strict, typed models of everything that changes its result."""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

NUMBER = re.compile(r"\b(int|float)\b")
MOST = 2048  # frames of a clip, pixels of a side: beyond, a slip of the finger takes the machine's memory
Positive = Annotated[int, Field(ge=1)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_switch_for_a_number(cls, value: Any, info: ValidationInfo) -> Any:
        """pydantic takes true for 1, which a `yes` in a file is, too."""
        if isinstance(value, bool) and info.field_name in cls._numbers():
            raise ValueError(f"expected a number, got {'true' if value else 'false'}")
        return value

    @classmethod
    @cache
    def _numbers(cls) -> frozenset[str]:
        """Fields that hold a number, perhaps with bounds, and no switch."""
        kinds = {name: str(info.annotation) for name, info in cls.model_fields.items()}
        return frozenset(n for n, kind in kinds.items() if NUMBER.search(kind) and "bool" not in kind)


class MethodConfig(Strict):
    """name: of the method. fusion: the rule whose prediction is the method's own. settings: the method's."""

    name: str
    fusion: str
    settings: dict[str, Any] = {}


class FlowConfig(Strict):
    """Optical flow, where it is a stream's modality (`backbones.spec.FlowSpec`).

    bound: pixels at the stream's resolution. stack: None is the backbone's own: 10 for 2D networks, else 1.
    """

    algorithm: Literal["dis", "farneback", "tvl1"] = "dis"
    bound: Annotated[float, Field(gt=0)] = 20.0
    stack: Positive | None = None


class StreamConfig(Strict):
    """A stream: its network and what it sees (units as in `backbones.spec.InputSpec`).

    lr_factor, head_lr_factor: learning rates of its network and of its classifier, as multiples of
    `train.lr`. frozen_layers: how many of its first layers (`backbones.layers`) are not trained; what they
    hold of BatchNorm and dropout acts as in testing.
    """

    backbone: str
    width: Annotated[float, Field(gt=0, le=16)] = 1.0
    weights: str | None = None
    frames: Annotated[int, Field(ge=1, le=MOST)]
    stride: Positive
    short_side: tuple[Positive, Positive]
    test_short_side: Positive
    crop: Annotated[int, Field(ge=1, le=MOST)]
    modality: Literal["rgb", "flow"] = "rgb"
    flow: FlowConfig = FlowConfig()
    lr_factor: Annotated[float, Field(gt=0)] = 1.0
    head_lr_factor: Annotated[float, Field(gt=0)] = 1.0
    frozen_layers: Annotated[int, Field(ge=0)] = 0
    settings: dict[str, Any] = {}

    @model_validator(mode="after")
    def _crop_fits(self) -> StreamConfig:
        if self.short_side[0] > self.short_side[1]:
            raise ValueError(f"short_side {self.short_side} must be [smallest, largest]")
        if self.crop > min(self.short_side[0], self.test_short_side):
            raise ValueError(f"crop {self.crop} is larger than the short side it is cut from")
        return self


class DataConfig(Strict):
    """short: videos shorter than a clip's span start again ("loop") or hold their last frame ("clamp").

    flip: None follows the data set (off where left and right matter). validation: share of each class's
    training videos, in whole groups, that is kept for choosing settings, where the data set has no such part.
    leaks: what test videos are that were trained on under another name, or for which it cannot be excluded.
    """

    dataset: str
    split: Annotated[str, Field(coerce_numbers_to_str=True)]
    short: Literal["loop", "clamp"] = "loop"
    flip: bool | None = None
    validation: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    leaks: Literal["error", "warn"] = "error"
    settings: dict[str, Any] = {}


class TrainConfig(Strict):
    """batch_size, micro_batch: videos over all processes; a micro-batch is what one forward pass sees.

    micro_batch changes BatchNorm and the dominance groups, so it is explicit; None is the whole batch.
    lr decays by a cosine to 0 over all steps; over the first warmup_steps it also rises from 0, in equal
    steps (the paper names none).
    optimizer: momentum and dampening are SGD's; AdamW has PyTorch's betas. dampening: share of each gradient
    but the first that does not enter the momentum. layer_decay: factor on a stream's learning rate from each
    layer to the one before it (`backbones.layers`); the classifier has the full rate. decay_norms: whether
    weight decay also holds for biases and for the scale and shift of normalisation.
    clip_norm: largest norm of each stream's gradient. label_smoothing: share of the target that is spread
    evenly over all classes, in the streams' own cross-entropy. ema: decay of a moving average of the weights,
    which is then what is tested; 0 is none.
    randaugment: operations of RandAugment that each training clip goes through, all its frames alike; 0 is
    none. randaugment_magnitude: of each operation, 0 to 30.
    mixup, cutmix: alpha of the Beta distribution that a batch is mixed by; 0 is not mixed. Where both are
    given each batch takes one of them, either with probability 1/2.
    schedule: how the rate falls: by a cosine, or by `plateau_factor` whenever the loss on validation videos
    has not fallen for more than `plateau_patience` epochs.
    sync_batchnorm: whether BatchNorm sees the videos of all processes; else each process has its own.
    """

    epochs: Positive
    batch_size: Positive
    micro_batch: Positive | None = None
    lr: Annotated[float, Field(gt=0)]
    warmup_steps: Annotated[int, Field(ge=0)] = 0
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    dampening: Annotated[float, Field(ge=0, lt=1)] = 0.0
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    optimizer: Literal["sgd", "adamw"] = "sgd"
    layer_decay: Annotated[float, Field(gt=0, le=1)] = 1.0
    decay_norms: bool = True
    clip_norm: Annotated[float, Field(gt=0)] | None = None
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.0
    randaugment: Annotated[int, Field(ge=0, le=14)] = 0
    randaugment_magnitude: Annotated[int, Field(ge=0, le=30)] = 9
    mixup: Annotated[float, Field(ge=0, le=100)] = 0.0
    cutmix: Annotated[float, Field(ge=0, le=100)] = 0.0
    schedule: Literal["cosine", "plateau"] = "cosine"
    plateau_factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    plateau_patience: Annotated[int, Field(ge=0)] = 10
    sync_batchnorm: bool = False

    @model_validator(mode="after")
    def _micro_divides(self) -> TrainConfig:
        if self.micro_batch and self.batch_size % self.micro_batch:
            raise ValueError(f"micro_batch {self.micro_batch} does not divide batch_size {self.batch_size}")
        return self


class TestConfig(Strict):
    """clips: per video, uniformly placed. crops: per clip, 1 (centre) or 3 (left, middle, right).

    part: which videos are tested; settings are chosen on "validation" videos, and a pre-training is tested
    on none.
    """

    __test__ = False  # not a test case, whatever pytest makes of the name

    local_clips: Positive
    global_clips: Positive
    crops: Literal[1, 3]
    store_maps: bool = True
    part: Literal["test", "validation", "none"] = "test"


class FitConfig(Strict):
    """Videos that learned fusion rules are fitted on: a part of the data set's own, or whole groups of the
    training split.

    share: of each class's training videos; 0 keeps none, and learned rules are then not fitted.
    folds: instead, cross-fitting: all training videos, each through streams trained without its fold, at the
    price of that many further trainings.
    views: clips of each stream and video (centre crop) that are passed through the trained streams; "test":
    the views that are tested on.
    rules: "own" scores the method's own rule and those without parameters, which saves passing these videos
    through the streams where the own rule has none.
    """

    share: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    folds: Annotated[int, Field(ge=0)] = 0
    views: Positive | Literal["test"] = 1
    rules: Literal["all", "own"] = "all"

    @model_validator(mode="after")
    def _one_way(self) -> FitConfig:
        if self.folds == 1:
            raise ValueError("folds is 1; cross-fitting needs 2 or more (0: none)")
        if self.folds and self.share:
            said = f"folds is {self.folds} and share is {self.share:g}, which exclude each other"
            raise ValueError(f"{said}: give fit.share=0 with fit.folds, or fit.folds=0")
        return self


class Config(Strict):
    """A run. `global` is a word of Python's, so the field is `glob`; files and `--set` say `global`.

    compile: whether the streams run compiled (torch.compile), which rounds otherwise. fusion: settings of
    fusion rules, by the rule's name.
    """

    preset: str
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    compile: bool = False
    method: MethodConfig
    local: StreamConfig
    glob: StreamConfig = Field(alias="global")
    data: DataConfig
    train: TrainConfig
    test: TestConfig
    fit: FitConfig = FitConfig()
    fusion: dict[str, dict[str, Any]] = {}

    def plain(self) -> dict[str, Any]:
        """As plain types, with the names that files use."""
        return self.model_dump(mode="json", by_alias=True)

    def streams(self) -> dict[str, StreamConfig]:
        return {"local": self.local, "global": self.glob}
