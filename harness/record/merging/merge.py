"""Folders of runs of several machines, merged into one. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from backbones.base.errors import UserError
from harness.files import clear_disk_errors
from harness.lock import locked
from harness.record.folder import all_runs
from harness.record.merging.runs import Merged, merge_runs
from harness.record.merging.study import merge_records

PARTS = ("", "runs", "records")  # of a folder: runs or records themselves, or a study's folder with both


def merge(sources: Sequence[Path], out: Path) -> Merged:
    """Runs and records of all sources under `out`, where nothing that is there is changed.

    Of records of one run that agree one is kept; those of another environment that differ are kept beside it,
    under `replications/`; those that were made alike and differ are a problem, and none is taken.
    A `UserError` where the records are of several studies, or another process merges into `out`.
    """
    merged, lock = Merged(), out / ".merging.lock"
    with clear_disk_errors(lock):
        out.mkdir(parents=True, exist_ok=True)
    try:
        with locked(lock, wait=False):
            # What the records say of a run holds for its folder, wherever that lies.
            for merge_part in (merge_records, merge_runs):
                for part in PARTS:
                    others = _others([source / part for source in sources], out / part)
                    merge_part(others, out / part, _names(others), merged)
            lock.unlink()
    except BlockingIOError:
        raise UserError(f"another process merges into {out}; wait for it") from None
    return merged


def _others(sources: Sequence[Path], out: Path) -> list[Path]:
    return [source for source in sources if source.is_dir() and source.resolve() != out.resolve()]


def _names(sources: Sequence[Path]) -> dict[Path, str]:
    """What the folders of their replications are called: by the last two parts of each, and once each."""
    names: dict[Path, str] = {}
    for source in sources:
        name = "-".join(part.strip("/") for part in source.resolve().parts[-2:] if part != "/")
        taken = sum(each == name or each.startswith(f"{name}-again-") for each in names.values())
        names[source] = f"{name}-again-{taken + 1}" if taken else name
    return names


def holds_runs(folder: Path) -> bool:
    """Whether there is anything to merge."""
    places = [folder / part for part in PARTS]
    return any(all_runs(place) or list(place.glob("pair-*.jsonl")) for place in places)
