"""How different and how sure: what is measured of outputs beside shares. NumPy and SciPy only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.record.schema import Difference
from harness.record.shares import top_k_hits

LEVEL = 0.95
BINS = 15


def _group_bootstrap(values: np.ndarray, groups: Sequence[str]) -> tuple[float, float]:
    """Percentile bootstrap that draws whole groups: the mean of the drawn groups' videos' values."""
    from scipy.stats import bootstrap

    _, member = np.unique(np.asarray(groups), return_inverse=True)
    correct = np.bincount(member, weights=values.astype(float))
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


def difference(hits: np.ndarray, others: np.ndarray, groups: Sequence[str | None]) -> Difference:
    """Mean of `hits` less that of `others` on the same videos (N,), paired, in points.

    The interval is a paired bootstrap over videos or, where it is wider, over whole groups.
    """
    gained, lost = int((hits & ~others).sum()), int((others & ~hits).sum())
    values = hits.astype(float) - others.astype(float)
    intervals = {"none: no video changed": (0.0, 0.0)}
    if gained + lost:
        videos = [f"#{n}" for n in range(len(values))]
        units = [own if name is None else name for own, name in zip(videos, groups, strict=True)]
        units_of = {"videos": videos} | ({"groups": units} if len(set(units)) < len(videos) else {})
        intervals = {
            f"paired bootstrap over {len(set(names))} {what}": _group_bootstrap(values, names)
            for what, names in units_of.items()
            if len(set(names)) > 1
        } or {"none: a single video": (-1.0, 1.0)}
    method, (low, high) = max(intervals.items(), key=lambda item: item[1][1] - item[1][0])
    points = 100 * values.mean() if len(values) else 0.0
    return Difference(
        points=round(float(points), 3),
        low=round(100 * low, 3),
        high=round(100 * high, 3),
        gained=gained,
        lost=lost,
        method=method,
    )


def negative_log_likelihood(scores: np.ndarray, labels: np.ndarray) -> float | None:
    """Mean of -log p(label) in nats; None without videos. scores: (N, K). labels: (N,).

    A score that was rounded to 0, and NaN, is the smallest float32.
    """
    if not len(labels):
        return None
    own = np.nan_to_num(scores[np.arange(len(labels)), labels].astype(np.float64), nan=0.0)
    return float(-np.log(np.maximum(own, np.finfo(np.float32).tiny)).mean())


def calibration_error(scores: np.ndarray, labels: np.ndarray, bins: int = BINS) -> float | None:
    """Expected calibration error in percent: |accuracy - mean largest score| of equal bins.

    Bins of the largest score count by their videos; scores: (N, K), labels: (N,). NaN is as sure as can be.
    """
    if not len(labels):
        return None
    confidence = np.nan_to_num(scores.max(axis=1).astype(np.float64), nan=1.0)
    gap = top_k_hits(scores, labels, 1) - confidence
    member = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    return float(100 * np.abs(np.bincount(member, weights=gap, minlength=bins)).sum() / len(labels))
