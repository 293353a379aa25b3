"""Folders of runs, merged: each run's folder is copied whole, and renamed into its place.

torch is imported only where a finished run's checkpoint is there: one that is damaged, or another run's, is
not copied.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from backbones.base.errors import UserError
from harness.files import clear_disk_errors
from harness.record.folder import RunFolder, all_runs
from harness.record.making import LOCK, MAKER
from harness.record.merging.kept import Found, Kept, kept, of_two_studies

REPLICATIONS, STAGING = "replications", ".merging"
NOT_COPIED = (LOCK, MAKER)
WEIGHTS = "checkpoint*.pt"


@dataclass
class Merged:
    """What was done. taken: by source, runs that came from there. same: records that were there already or
    twice. replications: where they lie. problems: a line for each run that was left out. refused: ids of runs
    whose records in a study's files disagree, so that no folder of them is taken either."""

    taken: dict[Path, int] = field(default_factory=dict)
    same: int = 0
    replications: list[Path] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)

    def took(self, source: Path) -> None:
        self.taken[source] = self.taken.get(source, 0) + 1


def merge_runs(sources: Sequence[Path], out: Path, names: Mapping[Path, str], merged: Merged) -> None:
    """Runs under each source, `<source>/<id>/`. Nothing that is under `out` is changed; what is there already
    is not copied again, so the same call goes on after a stop.

    names: of the sources, for replications.
    """
    folders = [out, *sources]
    by_id: dict[str, list[tuple[int, RunFolder]]] = {}
    for number, folder in enumerate(folders):
        for run in all_runs(folder):
            by_id.setdefault(run.id, []).append((number, run))
    for run_id, found in by_id.items():
        if run_id in merged.refused:
            continue
        finished = [each for each in found if each[1].finished]
        if finished:
            _merge_finished(finished, folders, names, merged)
        else:
            _merge_begun(found, folders, merged)


def _merge_finished(
    found: Iterable[tuple[int, RunFolder]],
    folders: Sequence[Path],
    names: Mapping[Path, str],
    merged: Merged,
) -> None:
    readable = [each for number, run in found if (each := _read(number, run, merged))]
    choice = _choice(_fullest(readable)) if readable else None
    if choice is None or choice.first is None:
        merged.problems += [choice.problem] if choice else []
        return
    out, first = folders[0], choice.first
    merged.same += len(readable) - 1 - len(choice.replications)
    _take(first.what, out, folders[first.source], first.source, merged)
    for each in choice.replications:
        place = out / REPLICATIONS / names[folders[each.source]] / each.record.id
        if not place.exists():  # from an earlier merging
            _copy_finished(each.what, place, out, merged)
            merged.replications.append(place)


def _choice(readable: list[Found[RunFolder]]) -> Kept[RunFolder]:
    """A run that was also made alone, and has a record without a study, is of that study all the same."""
    problem = of_two_studies([each for each in readable if each.record.study])
    return Kept(None, problem=problem) if problem else kept(readable)


def _fullest(found: list[Found[RunFolder]]) -> list[Found[RunFolder]]:
    """What lies in the folder that is merged into first, then what has its own weights, then what has most
    files: of some runs the record alone was kept."""
    if len(found) < 2:
        return found

    def order(each: Found[RunFolder]) -> tuple[bool, bool, int]:
        new = each.source > 0
        return new, new and bool(_bad_weights(each.what)), -len([*each.what.path.iterdir()])

    return sorted(found, key=order)


def _bad_weights(run: RunFolder) -> str:
    """Why the run's checkpoint cannot be used; "" where it can be, or there is none."""
    if not run.checkpoint.exists():
        return ""
    from harness.record.checkpoint import read

    try:
        read(run.checkpoint)
    except UserError as error:
        return str(error)
    return ""


def _read(number: int, run: RunFolder, merged: Merged) -> Found[RunFolder] | None:
    try:
        return Found(number, str(run.path), run.run_record(), run)
    except UserError as error:
        merged.problems.append(str(error))
        return None


def _merge_begun(found: Sequence[tuple[int, RunFolder]], folders: Sequence[Path], merged: Merged) -> None:
    """Of runs that are not finished the first: it can be gone on with."""
    number, run = found[0]
    if run.state() == "running":
        merged.problems.append(f"run {run.id}: {run.path} is still being made; merge again when it is not")
        return
    _take(run, folders[0], folders[number], number, merged)


def _take(run: RunFolder, out: Path, source: Path, number: int, merged: Merged) -> None:
    if number == 0:
        return
    place = out / run.id
    if place.exists():
        merged.problems.append(
            f"run {run.id}: {place} is there and not finished; delete it to take {run.path}"
        )
        return
    if run.finished:
        _copy_finished(run, place, out, merged)
    else:  # what is wrong with its weights is said when it goes on
        _copy(run.path, place, out)
    merged.took(source)


def _copy_finished(run: RunFolder, place: Path, out: Path, merged: Merged) -> None:
    """Without weights that are not the run's own, of which there is a problem."""
    why = _bad_weights(run)
    _copy(run.path, place, out, (WEIGHTS,) if why else ())
    merged.problems += [f"weights of run {run.id}: {why}"] if why else []


def _left_out(patterns: Sequence[str], folder: str, names: list[str]) -> set[str]:
    """Files of that kind, and what is no file at all, as a named pipe: a copy would wait for it."""
    paths = [Path(folder, name) for name in names]
    special = {path.name for path in paths if not (path.is_file() or path.is_dir() or path.is_symlink())}
    return special | shutil.ignore_patterns(*patterns)(folder, names)


def _copy(folder: Path, place: Path, out: Path, without: Sequence[str] = ()) -> None:
    """The folder at its place in one step. Links in it stay links: what they lead to is not copied."""
    staging = out / STAGING / "run"  # one level deeper than runs are looked for
    with clear_disk_errors(place):
        shutil.rmtree(staging.parent, ignore_errors=True)
        shutil.copytree(folder, staging, symlinks=True, ignore=partial(_left_out, (*NOT_COPIED, *without)))
        place.parent.mkdir(parents=True, exist_ok=True)
        staging.rename(place)
        staging.parent.rmdir()
