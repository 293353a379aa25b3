"""The contract of a method: two streams and all that is learned besides, in one module.

Its forward does everything, because a submodule called outside `forward` silently runs in float32 under
mixed precision and escapes DistributedDataParallel.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.optim import SGD, Optimizer

from backbones.contract import Backbone, Features

LOCAL, GLOBAL = "local", "global"
STREAMS = (LOCAL, GLOBAL)
Losses = dict[str, Tensor]
Result = TypeVar("Result")
Calls = dict[str, Callable[[], Result]]


def in_turn(calls: Calls[Result]) -> dict[str, Result]:
    """What independent calls give, one after the other."""
    return {name: call() for name, call in calls.items()}


@dataclass
class Step:
    """What one training step gives.

    losses: named scalar terms, already weighted; the trainer only sums them. A name is
    "<stream>/<term>", or "fused/<term>" of what belongs to both. logits: of each stream (B, K), detached, for
    the training accuracy.
    stats: named scalars to be shown and logged, of which nothing is learned.
    """

    losses: Losses
    logits: dict[str, Tensor]
    stats: dict[str, Tensor] = field(default_factory=dict)


class Method(nn.Module, ABC):
    """Two streams that learn together.

    A subclass gives `losses`, and in its constructor makes what it learns besides the streams.
    settings: its own frozen dataclass (`Settings`), checked where the configuration is read.
    frozen: streams that teach but are not trained: no gradient, always in evaluation mode.
    unused: streams that are neither trained nor run (`methods.single`). nothing: of such a one, its `shapes`.
    same_clip: whether both streams are trained on one clip of each video, the global stream's.
    sometimes_idle: whether a parameter that learns gets no gradient in some steps.
    joint: the streams need each other's clips in testing too (`methods.stddcn`): view i of the one with
    view i of the other.
    joint_terms: names of loss terms ("local/ce", or "*" for all) that train both streams on purpose, as
    "fused/…" always may.
    together: how what the streams do without each other is run (`harness.training.parallel_streams`).
    """

    Settings: type = type(None)
    frozen: Collection[str] = ()
    unused: Collection[str] = ()
    same_clip: bool = False
    sometimes_idle: bool = False
    joint: bool = False
    joint_terms: Collection[str] = ()
    nothing: Features
    together: Callable[[Calls[Any]], dict[str, Any]] = staticmethod(in_turn)

    def __init__(self, local: Backbone, glob: Backbone, settings: object) -> None:
        super().__init__()
        self.streams = nn.ModuleDict({LOCAL: local, GLOBAL: glob})
        self.settings = settings

    def begin(self, step: int, steps: int, per_epoch: int) -> None:
        """Called before training step `step` of `steps`, `per_epoch` of which make an epoch: a method that
        changes while it trains reads here, and only here, where the run is."""

    def optimizers(self, lr: float, momentum: float, weight_decay: float) -> list[Optimizer]:
        """What updates the parameters. The rate of each follows the run's schedule from its own start."""
        return [SGD(self.parameters(), lr=lr, momentum=momentum, weight_decay=weight_decay)]

    def load_beside(self, stream: str, tensors: dict[str, Tensor]) -> None:
        """Takes what a run learned besides the streams, where the frozen `stream` comes from that run.

        tensors: of that run's method, under its own names; none where the weights are not a run's.
        """

    def wanted(self) -> dict[str, Collection[str]]:
        """Stages whose pooled vectors the losses need, per stream."""
        return {LOCAL: (), GLOBAL: ()}

    @abstractmethod
    def losses(self, local: Features, glob: Features, labels: Tensor) -> tuple[Losses, dict[str, Tensor]]:
        """(named loss terms, named statistics) of one micro-batch; features are in float32."""

    def silence(self, videos: int, device: torch.device | str = "cpu") -> Features:
        """What stands for an `unused` stream, whose clips are not even decoded: zeros of the shapes that it
        would give (`nothing`). Softmax makes them uniform scores."""

        def zeros(given: Tensor) -> Tensor:
            return torch.zeros(videos, *given.shape[1:], device=device)

        like = self.nothing
        return Features(zeros(like.logits), zeros(like.embedding), zeros(like.map))

    def features(self, clips: dict[str, Tensor], train: bool) -> dict[str, Features]:
        """Each stream's features of its normalised clips (B, C, T, H, W)."""
        wanted = self.wanted() if train else {}
        return self.together(
            {
                name: partial(self.streams[name], clip, pooled=wanted.get(name, ()))
                for name, clip in clips.items()
            }
        )

    def forward(self, clips: dict[str, Tensor], labels: Tensor | None = None) -> Step | dict[str, Features]:
        """With labels (B,), a training step; without, the features of the streams in `clips`."""
        features = self.features(clips, train=labels is not None)
        if labels is None:
            return features
        silent = [name for name in self.unused if name not in features]
        features |= {name: self.silence(len(labels), labels.device) for name in silent}
        # Losses in float32, whatever the streams ran in: exp and log of bfloat16 logits lose the
        # differences that dominance compares.
        single = {name: _to_float(value) for name, value in features.items()}
        with torch.autocast(labels.device.type, enabled=False):
            losses, stats = self._pair(self.losses(single[LOCAL], single[GLOBAL], labels))
        logits = {name: value.logits.detach() for name, value in single.items() if name not in self.unused}
        return Step(losses, logits, {name: value.detach() for name, value in stats.items()})

    def _pair(self, found: Any) -> tuple[Losses, dict[str, Tensor]]:
        """What `losses` gave, if it is what its contract says."""
        parts = found if isinstance(found, tuple) else (found,)
        if [isinstance(part, dict) for part in parts] == [True, True]:
            return parts[0], parts[1]
        got = ", ".join(type(part).__name__ for part in parts)
        name = type(self).__name__
        raise TypeError(f"{name}.losses gave {got}; expected ({{name: loss}}, {{name: statistic}})")


def _to_float(features: Features) -> Features:
    pooled = {name: vector.float() for name, vector in features.pooled.items()}
    beside = {name: tensor.float() for name, tensor in features.beside.items()}
    return Features(features.logits.float(), features.embedding.float(), features.map, pooled, beside)
