"""Dominance: how much a stream's output is to be trusted on one video (MBD, equations 1, 2)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Form:
    """What equation (1) leaves open once it is known between what distances are taken.

    squared: the Euclidean distance is squared. temperature: what the distances are divided by.
    """

    squared: bool = False
    temperature: float = 1.0


PRINTED = Form()  # as the text has it: Euclidean, and no temperature is named


def label_distances(outputs: Tensor, form: Form = PRINTED) -> Tensor:
    """Distance of each video's outputs to each class's one-hot label, over the temperature.

    outputs: (B, K), probabilities or logits. Returns (B, K).
    ||z - e_k||² = ||z||² + 1 - 2 z_k, which needs no (B, K, K) tensor. The difference is never negative but
    by rounding.
    """
    squared = (outputs.square().sum(dim=-1, keepdim=True) + 1 - 2 * outputs).clamp_min(0)
    distances = squared if form.squared else squared.sqrt()
    return distances if form.temperature == 1 else distances / form.temperature


def distance_distribution(outputs: Tensor, form: Form = PRINTED) -> Tensor:
    """p(k) = exp(-d(z, e_k)) / sum_j exp(-d(z, e_j)), equation (1), interpretation R1: all K classes' labels.

    outputs: (B, K), probabilities or logits. Returns (B, K).
    """
    return F.softmax(-label_distances(outputs, form), dim=-1)


def dominance(outputs: Tensor, form: Form = PRINTED) -> Tensor:
    """m = max_k p(k), equation (2). outputs: (B, K), probabilities or logits. Returns (B,), in [1/K, 1]."""
    return distance_distribution(outputs, form).amax(dim=-1)
