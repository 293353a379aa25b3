"""The optimizer of a run, and the largest gradient that it may see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import nn
from torch.optim import SGD, AdamW, Optimizer

from backbones.base.streams import PerStream
from harness.training.optimization.plateau import PlateauRule
from harness.training.optimization.rates import RateFactors, rate_factors, scale_rates
from methods.contract import Method

AS_THEY_ARE = PerStream(RateFactors(), RateFactors())


@dataclass(frozen=True)
class Optimization:
    """How parameters are updated (settings: `harness.config.schema.TrainConfig`).

    name: "sgd" or "adamw". lr: at the start; it rises over the first `warmup_steps`. plateau: how it falls
    where not by a cosine.
    """

    lr: float
    momentum: float
    weight_decay: float
    warmup_steps: int = 0
    factors: PerStream[RateFactors] = AS_THEY_ARE
    name: str = "sgd"
    decay_norms: bool = True
    clip_norm: float | None = None
    ema: float = 0.0
    dampening: float = 0.0
    plateau: PlateauRule | None = None

    def build(self, parameters: Iterable[nn.Parameter]) -> Optimizer:
        """What updates these parameters, all at one rate."""
        if self.name == "adamw":
            return AdamW(parameters, lr=self.lr, weight_decay=self.weight_decay)
        return SGD(parameters, self.lr, self.momentum, self.dampening, self.weight_decay)

    def optimizers(self, method: Method) -> list[Optimizer]:
        """What updates the parameters of a method, each at its own rate."""
        made = method.optimizers(self.build)
        factors = rate_factors(method, self.factors)
        for optimizer in made:
            scale_rates(optimizer, factors, self.decay_norms)
        return made


def clip_gradients(method: Method, largest: float) -> None:
    """Scales the gradient of each stream, and of what the method learns besides, to a norm of at most
    `largest`.

    Of each by itself, so that two streams that do not teach each other learn as they would alone.
    """
    for parameters in _parts(method):
        torch.nn.utils.clip_grad_norm_(parameters, largest)


def _parts(method: Method) -> Iterator[list[nn.Parameter]]:
    streams = {id(p) for p in method.streams.parameters()}
    for stream in method.streams.values():
        yield list(stream.parameters())
    yield [p for p in method.parameters() if id(p) not in streams]
