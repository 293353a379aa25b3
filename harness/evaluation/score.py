"""From stored outputs to a record's metrics: streams, fusions, dominance. Failed videos count as wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from harness.data.index import Video
from harness.evaluation.fusion_fitting import Fused, HeldOut, fuse
from harness.evaluation.metrics import (
    calibration_error,
    difference,
    negative_log_likelihood,
)
from harness.record.outputs import Stored
from harness.record.schema import Dominance, FusionScores, Metrics, Share, StreamMetrics
from harness.record.shares import share, top_k_hits
from methods.fusion.catalogue import FUSIONS
from methods.fusion.contract import Outputs
from methods.parts.dominance import dominance


def score(
    stored: Stored,
    videos: Sequence[Video],
    classes: Sequence[str],
    held: Stored | None = None,
    rules: Sequence[str] | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    crossed: bool = False,
    apart: Collection[str] = (),
    top_k: int = 5,
) -> Metrics:
    """All metrics of a run's test outputs. videos: in the order of `stored`.

    apart: families that headline numbers leave out. top_k: the k beside top-1.

    held: outputs of the videos that fusion rules are fitted on; crossed: by cross-fitting. rules: all where
    None; settings: of each.
    """
    outputs = stored.outputs()
    judge = _Judge(stored, videos, classes, apart, top_k)
    chosen = FUSIONS.discover().names() if rules is None else rules
    fusions, reasons = fuse(outputs, HeldOut(held, stored.ids, crossed), chosen, settings or {})
    average = (outputs.local.scores + outputs.glob.scores) / 2
    return Metrics(
        local=judge.stream("local", outputs.local.scores),
        glob=judge.stream("global", outputs.glob.scores),
        fusion={name: judge.fusion(name, fused, average) for name, fused in fusions.items()},
        not_fused=reasons,
        oracle=judge.oracle(outputs),
        dominance=judge.dominance(outputs),
    )


class _Judge:
    """Hits of the videos that could be decoded, spread over all videos.

    counted: the videos that headline numbers are over, all but those of the families `apart`.
    """

    def __init__(
        self,
        stored: Stored,
        videos: Sequence[Video],
        classes: Sequence[str],
        apart: Collection[str],
        top_k: int,
    ) -> None:
        self.stored, self.videos, self.classes = stored, videos, classes
        self.k = min(top_k, len(classes))
        self.ok = stored.ok.numpy()
        self.labels = stored.labels.numpy()
        self.groups = [video.group for video in self.videos]
        self.families = np.array([video.family or "" for video in self.videos])
        self.counted = ~np.isin(self.families, list(apart))

    def scores(self, proba: Tensor) -> dict[str, Any]:
        """The fields of `Scores`. proba: (decoded videos, K)."""
        top1, top5 = self._hits(proba, 1), self._hits(proba, self.k)
        counted = self.counted[self.ok]
        sure, labels = proba.numpy()[counted], self.labels[self.ok & self.counted]
        per_class = {name: share(top1[self.labels == label]) for label, name in enumerate(self.classes)}
        per_family = {name: self._share(top1, self.families == name) for name in self._family_names()}
        return {
            "top1": self._share(top1, self.counted),
            "top5": self._share(top5, self.counted),
            "k": self.k,
            "per_class": per_class,
            "per_family": per_family,
            "nll": negative_log_likelihood(sure, labels),
            "ece": calibration_error(sure, labels),
        }

    def fusion(self, name: str, fused: Fused, average: Tensor) -> FusionScores:
        """The scores of a rule, and their difference to average fusion on the same videos."""
        hits, others = self._hits(fused.proba, 1)[self.counted], self._hits(average, 1)[self.counted]
        groups = [group for group, counted in zip(self.groups, self.counted, strict=True) if counted]
        return FusionScores(
            **self.scores(fused.proba),
            to_average=None if name == "average" else difference(hits, others, groups),
            settings=fused.settings,
            learned=fused.learned,
            fitted_on=fused.fitted_on,
            fit_s=fused.seconds,
        )

    def oracle(self, outputs: Outputs) -> Share:
        """Videos that either stream gets right."""
        hits = self._hits(outputs.local.scores, 1) | self._hits(outputs.glob.scores, 1)
        return self._share(hits, self.counted)

    def stream(self, stream: str, proba: Tensor) -> StreamMetrics:
        hits = self.stored.tensors[f"{stream}.clip_hits"].numpy() & self.ok[:, None, None]
        hits, views = hits[self.counted], hits.shape[1]
        videos = [video for video, counted in zip(self.videos, self.counted, strict=True) if counted]
        groups = [video.group or video.id for video in videos for _ in range(views)]
        return StreamMetrics(
            clip_top1=share(hits[..., 0].ravel(), groups),
            clip_top5=share(hits[..., 1].ravel(), groups),
            **self.scores(proba),
        )

    def dominance(self, outputs: Outputs) -> Dominance:
        local, glob = dominance(outputs.local.scores), dominance(outputs.glob.scores)
        in_local = local > glob
        known_m = ~(local.isnan() | glob.isnan())  # NaN dominates nothing, and nothing dominates it
        by_max = outputs.local.scores.amax(dim=1) > outputs.glob.scores.amax(dim=1)
        right = np.array([video.right or "" for video in self.videos])
        named = np.where(in_local.numpy(), "local", "global")
        agrees = self._spread((named == right[self.ok]) & known_m.numpy())
        known = right != ""
        return Dominance(
            local=share(in_local.numpy()),
            agreement=self._share(agrees, known) if known.any() else None,
            per_family={
                name: self._share(agrees, (self.families == name) & known)
                for name in self._family_names()
                if ((self.families == name) & known).any()
            },
            max_softmax=share(((in_local == by_max) & known_m).numpy()),
            local_per_class={
                name: share(in_local.numpy()[self.labels[self.ok] == label])
                for label, name in enumerate(self.classes)
            },
            mean_local=_mean(local),
            mean_global=_mean(glob),
            mean_weight_local=_mean(local / (local + glob)),
        )

    def _hits(self, proba: Tensor, k: int) -> np.ndarray:
        return self._spread(top_k_hits(proba.numpy(), self.labels[self.ok], k))

    def _spread(self, hits: np.ndarray) -> np.ndarray:
        """Hits of the decoded videos among all videos; the others are misses."""
        full = np.zeros(len(self.ok), dtype=bool)
        full[self.ok] = hits
        return full

    def _share(self, hits: np.ndarray, members: np.ndarray) -> Share:
        groups = [group for group, member in zip(self.groups, members, strict=True) if member]
        return share(hits[members], groups)

    def _family_names(self) -> list[str]:
        return [name for name in dict.fromkeys(self.families.tolist()) if name]


def _mean(values: Tensor) -> float:
    """0 without videos; those that are NaN are left out."""
    return float(values.double().nanmean().nan_to_num()) if len(values) else 0.0
