"""How many videos are right: shares with their 95 % intervals. NumPy and SciPy only."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np

from harness.record.schema import Share

FEW_GROUPS = 10


def top_k_hits(scores: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """Whether the label is among the k largest scores. scores: (N, K); labels: (N,). Returns (N,) bool.

    A score equal to the label's counts as ahead of it: a network that says the same for every class
    has found nothing. Scores of which one is NaN are never right.
    """
    own = scores[np.arange(len(labels)), labels]
    ahead = (scores >= own[:, None]).sum(axis=1) - 1
    return (ahead < k) & ~np.isnan(scores).any(axis=1)


def share(hits: np.ndarray, groups: Sequence[str | None] | None = None) -> Share:
    """How many of `hits` (N,) are true, with a 95 % interval.

    Estimated is the trained model's accuracy on further videos like these, new groups included; other
    trainings are not covered. groups: of each video. Without groups: Wilson. From 10 groups on: Wilson with
    the effective number of videos, N / design effect, and Student's quantile. Under 10 groups, where the
    design effect is hardly known: as far as that or Student's t over the groups' logits reaches, half a hit
    and half a miss added to each.
    """
    correct, total = int(hits.sum()), len(hits)
    if total == 0:
        return Share(correct=0, of=0, low=0.0, high=100.0, method="none: no videos")
    names = [] if groups is None else [name for name in groups if name is not None]
    count = len(set(names))
    if len(names) < total or count == total:
        (low, high), method = _wilson(correct, total), "Wilson"
    elif count < 2:
        (low, high), method = (0.0, 1.0), "none: one group"
    elif count < FEW_GROUPS:
        (low, high), method = _few_groups(hits, names), f"logit-t over {count} groups, few"
    else:
        (low, high), method = _many_groups(hits, names), f"Wilson, design effect of {count} groups"
    return Share(correct=correct, of=total, low=round(100 * low, 3), high=round(100 * high, 3), method=method)


def _wilson(correct: float, total: float, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's interval (JASA 22, 1927), also of numbers that are not whole."""
    p, square = correct / total, z**2
    centre, half = p + square / (2 * total), z * sqrt(p * (1 - p) / total + square / (4 * total**2))
    low, high = ((centre + sign * half) / (1 + square / total) for sign in (-1, 1))
    return (0.0 if correct == 0 else low), (1.0 if correct == total else high)


def _many_groups(hits: np.ndarray, groups: Sequence[str]) -> tuple[float, float]:
    """Wilson with the effective number of videos and Student's quantile (Korn & Graubard, 1998)."""
    from scipy.special import stdtrit

    count, total = len(set(groups)), len(hits)
    found, few = design_effect(hits, groups), min(hits.sum(), total - hits.sum())
    # Of few misses it is estimated too small as often as too large, and too small costs more.
    careful = 1 + (found - 1) * (1 + 0.5 / sqrt(few + 1))
    effective = total / min(careful, max(found, _largest_effect(groups)))
    return _wilson(hits.mean() * effective, effective, float(stdtrit(count - 1, 0.975)))


def design_effect(hits: np.ndarray, groups: Sequence[str]) -> float:
    """How much larger the variance of the share is than of as many independent videos; at least 1.

    Ratio estimate over groups, G / (G − 1) Σ (hits − p videos)² / N², by p (1 − p) / N. Where all or no
    videos are right it cannot be told and is taken to be largest: every group one video.
    hits: whether each video is right, (N,). groups: the group of each.
    """
    _, member = np.unique(np.asarray(groups), return_inverse=True)
    correct, videos = np.bincount(member, weights=hits.astype(float)), np.bincount(member).astype(float)
    total, p, count = videos.sum(), hits.mean(), len(videos)
    if p in (0.0, 1.0):
        return _largest_effect(groups)
    variance = count / (count - 1) * ((correct - p * videos) ** 2).sum() / total**2
    return max(1.0, float(variance / (p * (1 - p) / total)))


def _largest_effect(groups: Sequence[str]) -> float:
    """Of groups that are right or wrong as one."""
    sizes = np.unique(np.asarray(groups), return_counts=True)[1].astype(float)
    return float((sizes**2).sum() / sizes.sum())


def _few_groups(hits: np.ndarray, groups: Sequence[str]) -> tuple[float, float]:
    """Student's t over the groups' logits, (hits + ½) / (misses + ½), weighed by their videos."""
    from scipy.special import expit, logit, stdtrit

    _, member = np.unique(np.asarray(groups), return_inverse=True)
    correct, videos = np.bincount(member, weights=hits.astype(float)), np.bincount(member).astype(float)
    values = np.log((correct + 0.5) / (videos - correct + 0.5))
    pooled = logit((correct.sum() + 0.5) / (videos.sum() + 1))
    half = float(stdtrit(len(values) - 1, 0.975)) * float(values.std(ddof=1)) / sqrt(len(values))
    least = 1.959964 / sqrt((correct.sum() + 0.5) * (videos.sum() - correct.sum() + 0.5) / (videos.sum() + 1))
    half = max(half, least)  # groups that happen to be alike are no more than independent videos
    low, high = _many_groups(hits, groups)
    return min(low, float(expit(pooled - half))), max(high, float(expit(pooled + half)))
