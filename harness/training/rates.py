"""Learning rates: of a step, and of each parameter relative to its optimizer's own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import nn

from backbones.base.streams import PerStream
from backbones.weights.loading import classifier_of
from methods.contract import Method


@dataclass(frozen=True)
class RateFactors:
    """What multiplies the learning rate in a stream's network and in its classifier."""

    network: float = 1.0
    classifier: float = 1.0


def rate_factors(method: Method, factors: PerStream[RateFactors]) -> dict[nn.Parameter, float]:
    """What multiplies the learning rate of each parameter of the streams."""
    found = {}
    for stream, own in factors.items():
        network = method.stream(stream)
        classifier = classifier_of(network)
        for name, parameter in network.named_parameters():
            found[parameter] = own.classifier if name.startswith(classifier) else own.network
    return found


def scale_rates(optimizer: torch.optim.Optimizer, factors: Mapping[nn.Parameter, float]) -> None:
    """Parts each group of the optimizer so that all of a group have one rate; the order within is kept."""
    for group in list(optimizer.param_groups):
        parts: dict[float, list[nn.Parameter]] = {}
        for parameter in group["params"]:
            parts.setdefault(factors.get(parameter, 1.0), []).append(parameter)
        rate = group["lr"]
        first, *others = parts.items()
        group["lr"], group["params"] = rate * first[0], first[1]
        for factor, parameters in others:
            optimizer.add_param_group({**group, "params": parameters, "lr": rate * factor})


def learning_rate(step: int, steps: int, lr: float, warmup_steps: int) -> float:
    """The rate of step 0 … steps - 1: a cosine from lr to 0, without restart, under a linear rise."""
    rise = min(1.0, (step + 1) / warmup_steps) if warmup_steps else 1.0
    return rise * lr * 0.5 * (1 + math.cos(math.pi * step / steps))


@dataclass(frozen=True)
class RateSchedule:
    """Every optimizer's rates by the same schedule, each from where it started.

    starts: of each optimizer, the rate of each group.
    """

    starts: tuple[tuple[float, ...], ...]
    steps: int
    warmup_steps: int

    @classmethod
    def of(cls, optimizers: Iterable[torch.optim.Optimizer], steps: int, warmup_steps: int) -> RateSchedule:
        starts = tuple(tuple(group["lr"] for group in each.param_groups) for each in optimizers)
        return cls(starts, steps, warmup_steps)

    def apply(self, optimizers: Iterable[torch.optim.Optimizer], step: int) -> None:
        for optimizer, starts in zip(optimizers, self.starts, strict=True):
            for group, start in zip(optimizer.param_groups, starts, strict=True):
                group["lr"] = learning_rate(step, self.steps, start, self.warmup_steps)
