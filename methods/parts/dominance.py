"""Dominance: how much a stream's output is to be trusted on one video (MBD, equations 1, 2)."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def label_distances(scores: Tensor) -> Tensor:
    """Euclidean distance of each video's scores to each class's one-hot label.

    scores: (B, K), probabilities. Returns (B, K), un-squared.
    ||z - e_k||² = ||z||² + 1 - 2 z_k, which needs no (B, K, K) tensor. For probabilities the difference
    is never negative but by rounding.
    """
    squared = scores.square().sum(dim=-1, keepdim=True) + 1 - 2 * scores
    return squared.clamp_min(0).sqrt()


def distance_distribution(scores: Tensor) -> Tensor:
    """p(k) = exp(-d(z, e_k)) / sum_j exp(-d(z, e_j)), equation (1), interpretation R1: all K classes' labels.

    scores: (B, K), probabilities. Returns (B, K).
    """
    return F.softmax(-label_distances(scores), dim=-1)


def dominance(scores: Tensor) -> Tensor:
    """m = max_k p(k), equation (2). scores: (B, K), probabilities. Returns (B,), in [1/K, 1)."""
    return distance_distribution(scores).amax(dim=-1)
