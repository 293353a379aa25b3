"""One training step on one batch: forward, backward and update."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, distributed

from backbones.base.errors import UserError
from harness.data.clips.network_input import NetworkInput
from harness.training.augmentation.mixing import Mixing
from harness.training.finite import not_finite
from harness.training.optimization.average import WeightAverage
from harness.training.optimization.optimizer import clip_gradients
from methods.contract import STREAMS, Method, Step, not_one_number

if TYPE_CHECKING:
    from lightning_fabric import Fabric
    from lightning_fabric.wrappers import _FabricModule

Values = dict[str, Tensor]
Batch = Mapping[str, Any]  # as `harness.data.clips.dataset.collate` gives it


@dataclass(frozen=True)
class Learner:
    """A method that learns.

    module, optimizers: the method and what updates it, as Fabric has set them up. micro_batch: videos of one
    forward pass on this process; a larger batch is passed in parts, whose gradients add up. clip_norm: as
    of `clip_gradients`; None: gradients are taken as they are. average: of the weights, if one is kept.
    mixing: of the clips, if they are mixed.
    """

    fabric: Fabric
    method: Method
    module: _FabricModule
    optimizers: Sequence[torch.optim.Optimizer]
    inputs: NetworkInput
    micro_batch: int
    clip_norm: float | None = None
    average: WeightAverage | None = None
    mixing: Mixing | None = None

    def learn(self, batch: Batch, step: int = 0) -> dict[str, float]:
        """Updates the parameters once; the batch's named losses, accuracies and statistics.

        step: whose number decides how clips are mixed.
        """
        labels = batch["label"].to(self.fabric.device)
        starts = range(0, len(labels), self.micro_batch)
        outcomes = [
            self._part(batch, labels, slice(start, start + self.micro_batch), step, last=start == starts[-1])
            for start in starts
        ]
        values = {name: torch.stack([part[name] for part in outcomes]).sum() for name in outcomes[0]}
        found = self._checked(values)
        if self.clip_norm:
            clip_gradients(self.method, self.clip_norm)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        if self.average:
            self.average.update(self.method)
        return found

    def _part(self, batch: Batch, labels: Tensor, part: slice, step_number: int, last: bool) -> Values:
        """Forward and backward of a micro-batch; its share of the batch's values."""
        clips = self.inputs({name: batch[name][part] for name in self.inputs.specs})
        if self.mixing:
            drawn = self.mixing.draw(step_number, self.fabric.global_rank, part.start)
            clips, own = drawn.mixed(clips)
            self.method.mixed_with = labels[part].roll(1), 1 - own
        self.method.place(
            {name: batch[f"{name}.frames"][part] for name in clips if f"{name}.frames" in batch}
        )
        share = len(labels[part]) / len(labels)
        with self.fabric.no_backward_sync(self.module, enabled=not last):
            step: Step = self.module(clips, labels[part])
            _check(step)
            total = torch.stack(list(step.losses.values())).sum()
            self.fabric.backward(total * share)
        values = _scalars(step, labels[part], self.method.mixed_with)
        return {name: value * share for name, value in values.items()}

    def _checked(self, values: dict[str, Tensor]) -> dict[str, float]:
        """The values over all processes, if they and the gradients are finite."""
        norm = torch.nn.utils.get_total_norm([p.grad for p in self.method.parameters() if p.grad is not None])
        all_values = torch.stack([norm.float(), *values.values()])
        numbers = _mean_over_processes(self.fabric, all_values).tolist()
        found = dict(zip(values, numbers[1:], strict=True))
        if not all(math.isfinite(number) for number in numbers):
            raise UserError(not_finite(self.method, found, self.inputs.dtype != torch.float32))
        return found


def _mean_over_processes(fabric: Fabric, values: Tensor) -> Tensor:
    """Of the whole batch; where one process is not finite, all stop."""
    if fabric.world_size > 1:
        distributed.all_reduce(values)
        values = values / fabric.world_size
    return values


def _scalars(step: Step, labels: Tensor, mixed_with: tuple[Tensor, float] | None) -> Values:
    hits = {name: _hits(logits, labels, mixed_with) for name, logits in step.logits.items()}
    return (
        {f"loss:{name}": value.detach() for name, value in step.losses.items()}
        | {f"accuracy:{name}": value for name, value in hits.items()}
        | {f"stat:{name}": value.to(labels.device) for name, value in step.stats.items()}
    )


def _hits(logits: Tensor, labels: Tensor, mixed_with: tuple[Tensor, float] | None) -> Tensor:
    """Of mixed clips the accuracies by both labels, each with its share."""
    if mixed_with is None:
        return _accuracy(logits, labels)
    others, share = mixed_with
    return (1 - share) * _accuracy(logits, labels) + share * _accuracy(logits, others)


def _accuracy(logits: Tensor, labels: Tensor) -> Tensor:
    """Share whose largest logit is the label's. NaN is never right: its argmax is the first class."""
    right = (logits.argmax(dim=1) == labels) & ~logits.isnan().any(dim=1)
    return right.float().mean()


def _check(step: Step) -> None:
    """Of a method that is not the harness's own: a term of no stream would stand in no column."""
    for name in step.losses:
        whose, _, term = name.partition("/")
        if whose not in (*STREAMS, "fused") or not term:
            raise UserError(f"loss term '{name}': expected '<stream>/<term>' or 'fused/<term>'")
    for what, named in (("loss term", step.losses), ("statistic", step.stats)):
        for name, value in named.items():
            if why := not_one_number(value):
                raise UserError(f"{what} '{name}' is {why}")
