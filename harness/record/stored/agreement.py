"""Whether stored scores are probabilities, and give the accuracies of the record that they lie beside.

The second is for records without checksums (`harness.record.stored.checksums`). No torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backbones.base.errors import UserError
from harness.config.labels import NOT_USED
from harness.record.schema import RunRecord
from harness.record.schema.metrics import Scores
from harness.record.shares import top_k_hits

STREAMS = ("local", "global")
ROUNDING = 0.02  # of a sum over classes: scores computed in bf16 have eight bits


def check_probabilities(path: Path, scores: Mapping[str, NDArray[Any]]) -> None:
    """A `UserError` for what is no probability. scores: (N, K) of each stream, of decoded videos."""
    for stream, proba in scores.items():
        if not np.isfinite(proba).all():
            raise UserError(f"{path} has scores of the {stream} stream that are not finite")
        sums = proba.sum(axis=1)
        if (proba < 0).any() or (proba > 1 + ROUNDING).any() or (np.abs(sums - 1) > ROUNDING).any():
            raise UserError(
                f"{path} has scores of the {stream} stream that are no probabilities: it is damaged"
            )


def check_agrees(
    path: Path, record: RunRecord, scores: Mapping[str, NDArray[Any]], labels: NDArray[Any]
) -> None:
    """Raises UserError where a stream, or average fusion, gets other videos of a class right than the record
    says. scores: as above. labels: (N,) of the same videos."""
    metrics = record.metrics or record.validation
    if metrics is None:
        return
    scored: dict[str, tuple[Scores, NDArray[Any]]] = {
        "local": (metrics.local, scores["local"]),
        "global": (metrics.glob, scores["global"]),
    }
    scored = {name: pair for name, pair in scored.items() if record.labels.get(name) != NOT_USED}
    if len(scored) == len(STREAMS) and "average" in metrics.fusion:
        local, glob = (scores[stream].astype(np.float32) for stream in STREAMS)  # as they were stored
        scored["average"] = (metrics.fusion["average"], (local + glob) / 2)
    for name, (said, proba) in scored.items():
        hits = top_k_hits(proba, labels, 1)
        for label, class_name in enumerate(record.data.classes):
            found, known = int(hits[labels == label].sum()), said.per_class.get(class_name)
            if known is not None and found != known.correct:
                raise UserError(
                    f"{path} is not what run {record.id} was scored on: of class '{class_name}' {name} gets "
                    f"{found} videos right there, {known.correct} in the record; it was damaged or changed"
                )
