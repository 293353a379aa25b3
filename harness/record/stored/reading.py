"""A finished run's stored outputs, as its record speaks of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from backbones.base.errors import UserError
from harness.record import outputs
from harness.record.folder import RunFolder
from harness.record.outputs import Stored
from harness.record.schema import RunRecord
from harness.record.stored.agreement import STREAMS, check_agrees, check_probabilities
from harness.record.stored.checksums import check_unchanged


def scored_outputs(run: RunFolder, record: RunRecord) -> Stored:
    """Of the tested videos. Raises UserError where they are not those of the record."""
    stored, known = outputs.read(run.outputs), check_unchanged(run.outputs, record)
    scores = _scores(stored)
    check_probabilities(run.outputs, scores)
    if not known:
        _check_finite(run.outputs, stored)
        check_agrees(run.outputs, record, scores, stored.labels[stored.ok].numpy())
    return stored


def held_outputs(run: RunFolder, record: RunRecord) -> Stored | None:
    """Of the videos that fusion rules are fitted on; None where the run kept none. A `UserError` where it did
    and they are gone: a rule that could be fitted would look like one that could not."""
    if not run.holdout_outputs.exists():
        if run.holdout_outputs.name in (record.files or {}):
            raise UserError(
                f"{run.holdout_outputs} is gone: no rule can be fitted without it"
                f"{run.how_to_fetch(run.holdout_outputs) or f'; {run.how_to_remake()}'}"
            )
        return None
    stored = outputs.read(run.holdout_outputs)
    if not check_unchanged(run.holdout_outputs, record):
        _check_finite(run.holdout_outputs, stored)
    check_probabilities(run.holdout_outputs, _scores(stored))
    return stored


def _check_finite(path: Path, stored: Stored) -> None:
    """Of decoded videos; of a file that has a checksum, what the run computed is what it computed."""
    for name, rows in stored.tensors.items():
        if rows.is_floating_point() and not bool(rows[stored.ok].isfinite().all()):
            raise UserError(f"{path}: {name} has values that are not finite; it was damaged or changed")


def _scores(stored: Stored) -> dict[str, NDArray[Any]]:
    """(N, K) of each stream, of the videos that could be decoded."""
    return {name: stored.tensors[f"{name}.scores"][stored.ok].float().numpy() for name in STREAMS}
