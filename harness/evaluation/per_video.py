"""What a finished run says of each test video, as flat rows: streams, fusion rules, dominance, weights.

Columns, where X is "local", "global" or a fusion rule:

    id, label               of the video; its class
    error                   why it could not be decoded; then nothing else is known of it
    X                       the class with the largest score
    X.score.CLASS           from 0 to 1, the sum over classes is 1
    dominance.local, .global     m of each stream, by equation (1) of the MBD paper on its scores
    weight.local, .global   of the streams in the method's own rule, where that has weights

A stream that the method does not use has no column, and then nothing is fused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from backbones.base.errors import UserError
from harness.config.fusion_rules import make
from harness.config.labels import NOT_USED
from harness.evaluation.fusion_fitting import HeldOut, fuse
from harness.record.folder import RunFolder
from harness.record.outputs import Stored
from harness.record.schema import Record
from harness.record.stored.reading import held_outputs, scored_outputs
from methods.fusion.catalogue import FUSIONS
from methods.fusion.contract import Outputs
from methods.parts.dominance import dominance

Row = dict[str, Any]
STREAMS = ("local", "global")


def per_video(run: RunFolder, scores: bool = True) -> list[Row]:
    """A row for each test video, in the order of the data set.

    scores: whether the scores of all classes are given. A `UserError` where the outputs were not kept. Rules
    that the run could not fit are left out, as in its record.
    """
    record = run.record()
    if not run.outputs.exists():
        how = run.how_to_fetch(run.outputs) or ": make it again"
        raise UserError(f"run {run.id}'s outputs were not kept ({run.outputs} is not there){how}")
    stored = scored_outputs(run, record)
    tested = stored.outputs()
    streams = {"local": tested.local.scores, "global": tested.glob.scores}
    used = {name: proba for name, proba in streams.items() if record.labels.get(name) != NOT_USED}
    both = len(used) == len(streams)  # else there is nothing to fuse
    probabilities = used | (_rules(run, record, stored, tested) if both else {})
    known = _known(record, tested, probabilities, scores)
    good = iter(known)
    labels = stored.labels.tolist()
    return [
        {"id": name, "label": record.data.classes[label]}
        | (next(good) if ok else {"error": stored.reasons.get(name)})
        for name, label, ok in zip(stored.ids, labels, stored.ok.tolist(), strict=True)
    ]


def _rules(run: RunFolder, record: Record, stored: Stored, tested: Outputs) -> dict[str, Tensor]:
    """(N, K) of each rule that the record has, fitted as it was."""
    crossed = bool(record.config.get("fit", {}).get("folds"))
    names = [name for name in record.metrics.fusion if FUSIONS.find(name)]
    held = held_outputs(run, record) if any(FUSIONS.get(name).learned for name in names) else None
    settings: Mapping[str, Any] = record.config.get("fusion", {})
    fused, _ = fuse(tested, HeldOut(held, stored.ids, crossed), names, settings)
    return {name: each.proba for name, each in fused.items()}


def unknown_rules(record: Record) -> list[str]:
    """Rules that the record has scores of and no registry knows: of plug-ins that are not loaded."""
    return [name for name in record.metrics.fusion if not FUSIONS.find(name)]


def _known(record: Record, tested: Outputs, probabilities: Mapping[str, Tensor], scores: bool) -> list[Row]:
    """Of the videos that could be decoded."""
    classes = record.data.classes
    columns: dict[str, Sequence[Any]] = {}
    for name, proba in probabilities.items():
        columns[name] = [classes[best] for best in proba.argmax(dim=1).tolist()]
    both = set(STREAMS) <= set(probabilities)
    for name in STREAMS if both else ():
        columns[f"dominance.{name}"] = dominance(probabilities[name]).tolist()
    own = _weights(record, tested) if both else None
    if own is not None:
        columns |= {f"weight.{name}": column for name, column in zip(STREAMS, own.T.tolist(), strict=True)}
    if scores:
        for name, proba in probabilities.items():
            columns |= {
                f"{name}.score.{k}": column for k, column in zip(classes, proba.T.tolist(), strict=True)
            }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _weights(record: Record, tested: Outputs) -> Tensor | None:
    """(N, 2) of the method's own rule, where it has weights that need no fitting."""
    entry = FUSIONS.find(record.fusion)
    if entry is None or entry.learned:
        return None
    return make(entry.name, record.config.get("fusion", {}).get(entry.name, {})).weights(tested)
