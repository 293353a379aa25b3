"""Learning rates: of a step, and of each parameter beside its optimizer's own."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import nn

from backbones.weights.loading import classifier_of
from harness.config.schema import StreamConfig
from methods.contract import Method


def rate_factors(method: Method, streams: Mapping[str, StreamConfig]) -> dict[nn.Parameter, float]:
    """What multiplies the learning rate of each parameter of the streams."""
    factors = {}
    for stream, config in streams.items():
        network = method.streams[stream]
        classifier = classifier_of(network)  # type: ignore[arg-type]
        for name, parameter in network.named_parameters():
            is_head = name.startswith(classifier)
            factors[parameter] = config.head_lr_factor if is_head else config.lr_factor
    return factors


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
    """The rate of step 0 … steps - 1."""
    rise = min(1.0, (step + 1) / warmup_steps) if warmup_steps else 1.0
    return rise * lr * 0.5 * (1 + math.cos(math.pi * step / steps))
