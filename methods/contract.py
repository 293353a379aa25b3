"""The contract of a method: two streams and all else that is learned, in one module.

Its forward does everything, because a submodule called outside `forward` silently runs in float32 under
mixed precision and escapes DistributedDataParallel.
"""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

from backbones.base.errors import UsageError
from backbones.base.streams import GLOBAL, LOCAL, STREAMS, PerStream, StreamName
from backbones.contract import Backbone, Features, shapes
from methods.no_settings import NoSettings

__all__ = ["GLOBAL", "LOCAL", "STREAMS", "Losses", "Method", "Step"]

Losses = dict[str, Tensor]
Result = TypeVar("Result")
Calls = dict[Any, Callable[[], Result]]
BuildOptimizer = Callable[[Iterable[nn.Parameter]], Optimizer]


def in_turn(calls: Calls[Result]) -> dict[Any, Result]:
    """The results of independent calls, made one after the other."""
    return {name: call() for name, call in calls.items()}


@dataclass
class Step:
    """What one training step gives.

    losses: named scalar terms, already weighted; the trainer only sums them. A name is
    "<stream>/<term>", or "fused/<term>" of what belongs to both. logits: of each stream (B, K), detached, for
    the training accuracy.
    stats: named tensors with one number that are shown and logged, but not trained on.
    """

    losses: Losses
    logits: dict[str, Tensor]
    stats: dict[str, Tensor] = field(default_factory=dict)


class _FreezesWhenBuilt(ABCMeta):
    """Freezes a method once it is built: a subclass may set `frozen` and add modules in its constructor."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        method = super().__call__(*args, **kwargs)
        method.freeze()
        return method


class Method(nn.Module, metaclass=_FreezesWhenBuilt):
    """Two streams that learn together.

    A subclass gives `losses`; its constructor makes what else it learns.
    settings: its own frozen dataclass (`Settings`), checked where the configuration is read.
    frozen: streams that teach but are not trained. This class keeps them so: in evaluation mode, no parameter
    of theirs requires a gradient or is in an optimizer, and none is recorded in their forward pass.
    unused: streams that are neither trained nor run (`methods.single`).
    same_clip: whether both streams are trained on one clip of each video, the global stream's.
    sometimes_idle: whether a parameter that learns gets no gradient in some steps.
    joint: the streams need each other's clips in testing too (`methods.stddcn`): view i of the one with
    view i of the other.
    joint_terms: names of loss terms ("local/ce", or "*" for all) that train both streams on purpose, as
    "fused/…" always may.
    run_streams: runs the streams' independent calls (`harness.training.streams.parallel`).
    label_smoothing: share of the target that `cross_entropy` spreads over all classes; the run sets it.
    shares: names of statistics that are shares of the videos, from 0 to 1: shown in percent, others as they
    are.
    mixable: whether the losses have a meaning on clips that are mixed of two videos (`mix`).
    mixed_with: labels (B,) of the other videos, and their share; the run sets it for each forward pass.
    """

    Settings: type = NoSettings
    frozen: Collection[StreamName] = ()
    unused: Collection[StreamName] = ()
    same_clip: bool = False
    sometimes_idle: bool = False
    joint: bool = False
    joint_terms: Collection[str] = ()
    run_streams: Callable[[Calls[Any]], dict[Any, Any]] = staticmethod(in_turn)
    label_smoothing: float = 0.0
    shares: Collection[str] = ()
    mixable: bool = True
    mixed_with: tuple[Tensor, float] | None = None

    def __init__(self, local: Backbone, glob: Backbone, settings: Any) -> None:
        """local, glob: the streams' networks. settings: an instance of the class's `Settings`."""
        super().__init__()
        self.streams = nn.ModuleDict({LOCAL: local, GLOBAL: glob})
        self.settings = settings

    def stream(self, name: StreamName) -> Backbone:
        """The network of one stream."""
        return cast(Backbone, self.streams[name])

    @property
    def local(self) -> Backbone:
        """The local stream's network."""
        return self.stream(LOCAL)

    @property
    def glob(self) -> Backbone:
        """The global stream's network."""
        return self.stream(GLOBAL)

    def frozen_modules(self) -> list[nn.Module]:
        """What is frozen: the streams of `frozen`, and what a subclass adds that belongs to them."""
        return [self.stream(name) for name in self.frozen]

    def freeze(self) -> None:
        """Called once, when the method is built. Raises UsageError where `frozen` names no stream."""
        if isinstance(self.frozen, str) or not set(self.frozen) <= set(STREAMS):
            raise UsageError(
                f"{type(self).__name__}.frozen: got {self.frozen!r}; expected a tuple of local and global"
            )
        for module in (*self.frozen_modules(), *(self.stream(name) for name in self.unused)):
            module.requires_grad_(False)
        for module in self.frozen_modules():
            module.eval()
        self.zero_shapes = {name: shapes(self.stream(name)) for name in self.unused}

    def train(self, mode: bool = True) -> Any:
        """Dropout and BatchNorm of what is frozen stay as in testing, and so its running statistics."""
        super().train(mode)
        for module in self.frozen_modules():
            module.eval()
        return self

    def gradients_of(self, name: StreamName) -> torch.set_grad_enabled:
        """A context in which gradients are recorded as they are outside, but never of a frozen stream."""
        return torch.set_grad_enabled(torch.is_grad_enabled() and name not in self.frozen)

    def place(self, numbers: Mapping[StreamName, Tensor]) -> None:
        """Called before a forward pass with, of each stream, the numbers (B, T) of its clips' frames in their
        videos."""
        for name, of_frames in numbers.items():
            self.stream(name).frame_numbers = of_frames

    def begin(self, step: int, steps: int, per_epoch: int) -> None:
        """Called before training step `step` of `steps`, `per_epoch` of which make an epoch: a method that
        changes during training learns here, and only here, how far the run is."""

    def optimizers(self, build: BuildOptimizer) -> list[Optimizer]:
        """What updates the parameters. The rate of each follows the run's schedule from its own start.

        build: makes the run's own optimizer of some parameters.
        """
        return [build(self.trained_parameters())]

    def cross_entropy(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Of logits (B, K) and labels (B,), in nats, averaged over the batch; the run's `label_smoothing`
        applies. Of mixed clips the sum of both labels' cross-entropies, each with its share. Every "…/ce"
        term is made here."""
        smoothing = self.label_smoothing
        own = F.cross_entropy(logits, labels, label_smoothing=smoothing)
        if self.mixed_with is None:
            return own
        others, share = self.mixed_with
        return (1 - share) * own + share * F.cross_entropy(logits, others, label_smoothing=smoothing)

    def trained_parameters(self) -> list[nn.Parameter]:
        """All but those of what is frozen."""
        frozen = {id(p) for module in self.frozen_modules() for p in module.parameters()}
        return [p for p in self.parameters() if id(p) not in frozen]

    def load_extras(self, stream: StreamName, tensors: dict[str, Tensor]) -> None:
        """Loads what else a run learned, where the frozen `stream` comes from that run.

        tensors: of that run's method without its streams, by name; none where the weights are not a run's.
        """

    def wanted(self) -> PerStream[Collection[str]]:
        """Stages whose pooled vectors the losses need, per stream."""
        return PerStream((), ())

    @abstractmethod
    def losses(self, local: Features, glob: Features, labels: Tensor) -> tuple[Losses, dict[str, Tensor]]:
        """(named loss terms, named statistics) of one micro-batch, each a tensor with one number.

        labels: (B,); features are in float32. A term is named "<stream>/<term>" or "fused/<term>", and is
        already weighted: terms are summed. Statistics are shown and logged only, those of `shares` in
        percent; {} where there is none. Anything but two dicts is a `TypeError`.
        """

    def zero_features(self, name: StreamName, videos: int, device: torch.device | str = "cpu") -> Features:
        """Zeros in the shapes of an `unused` stream's features: its clips are not even decoded. Softmax makes
        uniform scores of them."""

        def zeros(like: Tensor) -> Tensor:
            return torch.zeros(videos, *like.shape[1:], device=device)

        like = self.zero_shapes[name]
        return Features(zeros(like.logits), zeros(like.embedding), zeros(like.map))

    def stream_features(self, name: StreamName, clip: Tensor, pooled: Collection[str] = ()) -> Features:
        """A stream's features of its normalised clip (B, C, T, H, W), by itself."""
        with self.gradients_of(name):
            return self.stream(name)(clip, pooled=pooled)

    def features(self, clips: Mapping[StreamName, Tensor], train: bool) -> dict[StreamName, Features]:
        """Each stream's features of its normalised clips (B, C, T, H, W); zeros of one that is not used."""
        wanted = self.wanted() if train else PerStream[Collection[str]]((), ())
        found = self.run_streams(
            {
                name: partial(self.stream_features, name, clip, pooled=wanted[name])
                for name, clip in clips.items()
                if name not in self.unused
            }
        )
        return found | self._zeros({name: clips[name] for name in self.unused if name in clips})

    def _zeros(self, clips: Mapping[StreamName, Tensor]) -> dict[StreamName, Features]:
        return {name: self.zero_features(name, len(clip), clip.device) for name, clip in clips.items()}

    def forward(
        self, clips: Mapping[StreamName, Tensor], labels: Tensor | None = None
    ) -> Step | dict[StreamName, Features]:
        """With labels (B,), a training step; without, the features of the streams in `clips`.

        clips: of each stream, normalised, (B, C, T, H, W).
        """
        features = self.features(clips, train=labels is not None)
        if labels is None:
            return features
        features |= self._zeros({name: labels for name in self.unused if name not in features})
        # Losses in float32, whatever the streams ran in: exp and log of bfloat16 logits lose the
        # differences that dominance compares.
        single = {name: _to_float(value) for name, value in features.items()}
        with torch.autocast(labels.device.type, enabled=False):
            losses, stats = self._checked(self.losses(single[LOCAL], single[GLOBAL], labels))
        logits: dict[str, Tensor] = {
            name: value.logits.detach() for name, value in single.items() if name not in self.unused
        }
        return Step(losses, logits, {name: _detached(value) for name, value in stats.items()})

    def _checked(self, found: Any) -> tuple[Losses, dict[str, Tensor]]:
        """What `losses` gave; a TypeError where it is not a pair of dicts."""
        parts = found if isinstance(found, tuple) else (found,)
        if [isinstance(part, dict) for part in parts] == [True, True]:
            return parts[0], parts[1]
        got = ", ".join(type(part).__name__ for part in parts)
        name = type(self).__name__
        raise TypeError(f"{name}.losses gave {got}; expected ({{name: loss}}, {{name: statistic}})")


def not_one_number(value: Any) -> str:
    """What a loss or a statistic is in the place of a tensor with one number; "" where it is one."""
    expected = "expected a tensor with one number"
    if not isinstance(value, Tensor):
        return f"a {type(value).__name__}, {value!r}: {expected}, as torch.tensor(0.5)"
    return "" if value.dim() == 0 else f"a tensor of shape {tuple(value.shape)}: {expected}, as its mean()"


def _detached(value: Any) -> Any:
    """What is no tensor is left to those who read it: they can say whose it is."""
    return value.detach() if isinstance(value, Tensor) else value


def _to_float(features: Features) -> Features:
    pooled = {name: vector.float() for name, vector in features.pooled.items()}
    extras = {name: tensor.float() for name, tensor in features.extras.items()}
    return Features(features.logits.float(), features.embedding.float(), features.map, pooled, extras)
