"""The stored outputs of a run's test, as arrays. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backbones.base.errors import UserError, error_line
from backbones.base.plain_text import clean
from backbones.base.regular import check_regular
from harness.files import parse_json
from harness.record.folder import RunFolder
from harness.record.schema import RunRecord
from harness.record.stored.agreement import check_agrees, check_probabilities
from harness.record.stored.checksums import check_unchanged


@dataclass(frozen=True)
class Videos:
    """The test videos of a run that could be decoded, N of `total`.

    local, glob: view-averaged softmax scores (N, K). labels: (N,). ids: names. every, ok: the names of all
    videos, and which could be decoded.
    """

    local: NDArray[np.float64]
    glob: NDArray[np.float64]
    labels: NDArray[np.int64]
    ids: list[str]
    every: list[str]
    ok: NDArray[np.bool_]

    @property
    def total(self) -> int:
        return len(self.every)


def scored_videos(run: RunFolder, record: RunRecord) -> Videos:
    """Those of a run, as its record speaks of them; else a `UserError`."""
    found, known = read_videos(run.outputs), check_unchanged(run.outputs, record)
    scores = {"local": found.local, "global": found.glob}
    check_probabilities(run.outputs, scores)
    if not known:
        check_agrees(run.outputs, record, scores, found.labels)
    return found


def read_videos(path: Path) -> Videos:
    """From a safetensors file, by NumPy; a `UserError` where it cannot be read or a score is not finite."""
    from safetensors import SafetensorError, safe_open

    try:
        check_regular(path)
        with safe_open(path, framework="numpy") as handle:
            names = parse_json(handle.metadata()["ids"])
            fields = ("local.scores", "global.scores", "labels", "ok")
            local, glob, labels, ok = (handle.get_tensor(field) for field in fields)
        _check(names, local, glob, labels, ok)
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        raise UserError(f"{path} cannot be read as stored outputs ({error_line(error)})") from None
    if not (np.isfinite(local[ok]).all() and np.isfinite(glob[ok]).all()):
        raise UserError(f"{path} has scores that are not finite: nothing can be shown of them")
    every = [clean(name) for name in names]
    kept = [name for name, good in zip(every, ok, strict=True) if good]
    return Videos(local[ok].astype(float), glob[ok].astype(float), labels[ok], kept, every, ok)


def _check(names: Any, local: Any, glob: Any, labels: Any, ok: Any) -> None:
    """Raises ValueError where the arrays do not belong together."""
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        raise ValueError("expected the names of videos")
    kinds = (local.dtype.kind, glob.dtype.kind, labels.dtype.kind, ok.dtype.kind)
    if kinds != ("f", "f", "i", "b") or local.ndim != 2 or local.shape != glob.shape:
        raise ValueError("expected scores of both streams, labels, and which videos could be decoded")
    if labels.shape != ok.shape or labels.shape != (len(names),) or len(local) != len(names):
        raise ValueError(f"expected {len(names)} videos in every tensor")
    if not ((labels >= 0) & (labels < local.shape[1])).all():
        raise ValueError("expected labels below the number of classes")
