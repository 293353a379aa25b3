"""Accuracy with its denominators and intervals. NumPy and SciPy only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.record import Share

LEVEL = 0.95
FEW_GROUPS = 10


def top_k_hits(scores: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """Whether the label is among the k largest scores. scores: (N, K); labels: (N,). Returns (N,) bool.

    A score equal to the label's counts as ahead of it: a network that says the same for every class
    has found nothing.
    """
    own = scores[np.arange(len(labels)), labels]
    ahead = (scores >= own[:, None]).sum(axis=1) - 1
    return ahead < k


def share(hits: np.ndarray, groups: Sequence[str | None] | None = None) -> Share:
    """How many of `hits` (N,) are true, with a 95 % interval.

    groups: of each video; where videos come in groups the interval is the wider of Wilson's and of a
    bootstrap over whole groups.
    """
    correct, total = int(hits.sum()), len(hits)
    if total == 0:
        return Share(correct=0, of=0, low=0.0, high=100.0, method="none: no videos")
    low, high = _wilson(correct, total)
    method = "Wilson"
    names = [] if groups is None else [name for name in groups if name is not None]
    if len(names) == total and FEW_GROUPS <= len(set(names)) < total and 0 < correct < total:
        by_group = _group_bootstrap(hits, names)
        # With few groups a bootstrap can come out far too narrow; then Wilson's stands.
        if by_group[1] - by_group[0] > high - low:
            (low, high), method = by_group, f"bootstrap over {len(set(names))} groups"
    return Share(correct=correct, of=total, low=round(100 * low, 3), high=round(100 * high, 3), method=method)


def _wilson(correct: int, total: int) -> tuple[float, float]:
    from scipy.stats import binomtest

    interval = binomtest(correct, total).proportion_ci(LEVEL, method="wilson")
    return float(interval.low), float(interval.high)


def _group_bootstrap(hits: np.ndarray, groups: Sequence[str]) -> tuple[float, float]:
    """Percentile bootstrap that draws whole groups; the share is hits over videos of the drawn groups."""
    from scipy.stats import bootstrap

    _, member = np.unique(np.asarray(groups), return_inverse=True)
    correct = np.bincount(member, weights=hits.astype(float))
    videos = np.bincount(member).astype(float)
    result = bootstrap(
        (correct, videos),
        lambda c, n, axis: c.sum(axis=axis) / n.sum(axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=2000,
        confidence_level=LEVEL,
        method="percentile",
        rng=np.random.default_rng(0),
    )
    return float(result.confidence_interval.low), float(result.confidence_interval.high)
