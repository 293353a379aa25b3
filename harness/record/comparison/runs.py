"""Two runs of one configuration, part by part in the order in which a run makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from backbones.base.errors import UserError
from harness.record import checkpoint, outputs
from harness.record.comparison.records import BESIDE, results
from harness.record.comparison.trees import differing
from harness.record.events import read as read_events
from harness.record.folder import RunFolder

TIMES = ("*.videos_per_s", "*.data_wait_share", "*.eta_s")


@dataclass(frozen=True)
class Part:
    """name: of a part of a run. said: what first differs in it, "" where nothing does, None where one of the
    runs did not keep it."""

    name: str
    said: str | None


def compare_runs(first: RunFolder, second: RunFolder) -> Iterator[Part]:
    """What is compared bit by bit; times and what a run was made on are left out."""
    yield Part("run id", "" if first.id == second.id else f"{first.id} and {second.id}")
    compared: dict[str, Callable[[RunFolder, RunFolder], str]] = {
        "events": _events,
        "checkpoint": _weights,
        "outputs": _outputs,
        "holdout_outputs": _held_out,
        "record_path": _record,
    }
    names = {"holdout_outputs": "outputs of held-out videos", "record_path": "record"}
    for attribute, compare in compared.items():
        there = [getattr(run, attribute).exists() for run in (first, second)]
        if any(there):
            name = names.get(attribute, attribute)
            yield Part(name, compare(first, second) if all(there) else None)


def _events(first: RunFolder, second: RunFolder) -> str:
    ours, theirs = (read_events(run.events) for run in (first, second))
    for mine, other in zip(ours, theirs, strict=False):
        for each in differing({"step": mine}, {"step": other}, TIMES):
            return f"step {mine.get('step')}, {str(each).removeprefix('step.')}"
    return "" if len(ours) == len(theirs) else f"{len(ours)} and {len(theirs)} lines"


def _weights(first: RunFolder, second: RunFolder) -> str:
    ours, theirs = (_method(run) for run in (first, second))
    return _first_of(ours, theirs)


def _method(run: RunFolder) -> dict[str, Tensor]:
    state = checkpoint.read(run.checkpoint)
    if state is None or not isinstance(state.get("method"), dict):
        raise UserError(f"{run.checkpoint} has no weights")
    return dict(state["method"])


def _outputs(first: RunFolder, second: RunFolder) -> str:
    return _of_files(first.outputs, second.outputs)


def _held_out(first: RunFolder, second: RunFolder) -> str:
    return _of_files(first.holdout_outputs, second.holdout_outputs)


def _of_files(first: Any, second: Any) -> str:
    """Byte by byte; where those differ, the first tensor and video."""
    if first.read_bytes() == second.read_bytes():
        return ""
    ours, theirs = outputs.read(first), outputs.read(second)
    if ours.ids != theirs.ids:
        return "other videos, or in another order"
    labels = {"labels": ours.labels, "ok": ours.ok}, {"labels": theirs.labels, "ok": theirs.ok}
    said = _first_of(ours.tensors | labels[0], theirs.tensors | labels[1], ours.ids)
    return said or "the file's bytes, but no tensor (files of the first release are in no fixed order)"


def _first_of(ours: dict[str, Tensor], theirs: dict[str, Tensor], rows: list[str] | None = None) -> str:
    """The first tensor that differs, how many do, and by how much. rows: names of the tensors' rows."""
    if ours.keys() != theirs.keys():
        return f"tensors {', '.join(sorted(ours.keys() ^ theirs.keys())[:3])} are in one of them only"
    names = [name for name in ours if not _same(ours[name], theirs[name])]
    if not names:
        return ""
    one, other = ours[names[0]], theirs[names[0]]
    if one.shape != other.shape:
        return f"{names[0]}: shapes {tuple(one.shape)} and {tuple(other.shape)}"
    gap = (one.double() - other.double()).abs()
    row = (
        f" (first of {rows[int(gap.flatten(1).amax(dim=1).nonzero()[0])]})" if rows and gap.dim() > 1 else ""
    )
    return f"{names[0]}{row}, by {gap.max():.3g} at most; {len(names)} of {len(ours)} tensors differ"


def _same(one: Tensor, other: Tensor) -> bool:
    return one.dtype == other.dtype and torch.equal(one, other)


def _record(first: RunFolder, second: RunFolder) -> str:
    ours, theirs = results(first.run_record()), results(second.run_record())
    return next((str(each) for each in differing(ours, theirs, BESIDE)), "")
