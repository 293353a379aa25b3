"""Learning rates: of a step, and of each parameter relative to its optimizer's own; where weight decays."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import nn

from backbones.base.streams import PerStream
from backbones.contract import Backbone
from backbones.layers import layers
from backbones.weights.loading import classifier_of
from harness.training.optimization.plateau import Plateau
from methods.contract import Method


@dataclass(frozen=True)
class RateFactors:
    """What multiplies the learning rate in a stream's network and in its classifier.

    layer_decay: in each layer of the network once more than in the layer after it; the last layer, which the
    classifier is in, has none.
    """

    network: float = 1.0
    classifier: float = 1.0
    layer_decay: float = 1.0


def rate_factors(method: Method, factors: PerStream[RateFactors]) -> dict[nn.Parameter, float]:
    """What multiplies the learning rate of each parameter of the streams."""
    found = {}
    for stream, own in factors.items():
        network = method.stream(stream)
        classifier = classifier_of(network)
        decay = _layer_factors(network, own.layer_decay)
        for name, parameter in network.named_parameters():
            part = own.classifier if name.startswith(classifier) else own.network
            found[parameter] = part * decay.get(name, 1.0)
    return found


def _layer_factors(network: Backbone, decay: float) -> dict[str, float]:
    """By the name of each parameter, the power of `decay`; empty where it is 1."""
    if decay == 1:
        return {}
    layer = layers(network)
    last = max(layer.values())
    return {name: decay ** (last - number) for name, number in layer.items()}


def scale_rates(
    optimizer: torch.optim.Optimizer, factors: Mapping[nn.Parameter, float], decay_norms: bool = True
) -> None:
    """Parts each group of the optimizer so that all of a group have one rate; the order within is kept.

    decay_norms: whether weight decay holds for parameters of one axis too: biases, and the scale and shift of
    normalisation (as timm tells them apart).
    """
    for group in list(optimizer.param_groups):
        parts: dict[tuple[float, bool], list[nn.Parameter]] = {}
        for parameter in group["params"]:
            decays = decay_norms or parameter.dim() > 1
            parts.setdefault((factors.get(parameter, 1.0), decays), []).append(parameter)
        common = dict(group)
        first, *others = [
            {"params": parameters, "lr": common["lr"] * factor} | ({} if decays else {"weight_decay": 0.0})
            for (factor, decays), parameters in parts.items()
        ]
        group.update(first)
        for other in others:
            optimizer.add_param_group({**common, **other})


def learning_rate(step: int, steps: int, lr: float, warmup_steps: int) -> float:
    """The rate of step 0 … steps - 1: a cosine from lr to 0, without restart, under a linear rise."""
    return warmup(step, warmup_steps) * lr * 0.5 * (1 + math.cos(math.pi * step / steps))


def warmup(step: int, steps: int) -> float:
    """What a rate is multiplied by while it rises, over the first `steps` steps."""
    return min(1.0, (step + 1) / steps) if steps else 1.0


@dataclass(frozen=True)
class RateSchedule:
    """Every optimizer's rates by the same schedule, each from where it started.

    starts: of each optimizer, the rate of each group. plateau: in the place of the cosine, if there is one.
    """

    starts: tuple[tuple[float, ...], ...]
    steps: int
    warmup_steps: int
    plateau: Plateau | None = None

    @classmethod
    def of(
        cls,
        optimizers: Iterable[torch.optim.Optimizer],
        steps: int,
        warmup_steps: int,
        plateau: Plateau | None = None,
    ) -> RateSchedule:
        starts = tuple(tuple(group["lr"] for group in each.param_groups) for each in optimizers)
        return cls(starts, steps, warmup_steps, plateau)

    def rate(self, step: int, start: float) -> float:
        """Of step 0 … steps - 1, from a rate that is `start` where nothing changes it."""
        if self.plateau is None:
            return learning_rate(step, self.steps, start, self.warmup_steps)
        return start * self.plateau.scale * warmup(step, self.warmup_steps)

    def apply(self, optimizers: Iterable[torch.optim.Optimizer], step: int) -> None:
        for optimizer, starts in zip(optimizers, self.starts, strict=True):
            for group, start in zip(optimizer.param_groups, starts, strict=True):
                group["lr"] = self.rate(step, start)
