"""What a campaign's driver has of the store: what it brings home, and what it puts there. No torch.

Of a run come its record and the small files; weights and outputs stay where they are, which `stored.json`
says.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from backbones.base.errors import UsageError, UserError
from harness.campaign.store.folders import CHECKPOINT, RECORD, Damaged, Listed, Mirror, fetch, listed, sha256
from harness.campaign.store.place import Store, opened
from harness.files import write_json
from harness.record.folder import RunFolder, find_run
from harness.record.merging.kept import Found, kept
from harness.record.reading import RUN_ID, read_run_record

RUNS, TASKS, LOGS, RECORDS = "runs", "tasks", "logs", "records"
LARGE = (".pt", ".safetensors")


def has_weights(store: Store, run_id: str) -> bool:
    """Whether the run is finished there, and has its weights."""
    found = listed(store, f"{RUNS}/{run_id}")
    return bool(found and found.finished and CHECKPOINT in found.files)


def give(store: Store, run: RunFolder) -> None:
    """A run that others start from, where the store lacks it and its weights are here."""
    if run.finished and run.checkpoint.exists() and not has_weights(store, run.id):
        Mirror(store, f"{RUNS}/{run.id}", run.path).push()


def made_by(store: Store, task: str) -> list[str]:
    """Ids of the runs that the task's processes have begun."""
    return [name for name in store.names(f"{TASKS}/{task}") if RUN_ID.fullmatch(name)]


def bring(store: Store, run_id: str, out: Path, say: Callable[[str], None]) -> RunFolder | None:
    """The finished run, without its large files, in its folder under `out`; None where it is not finished.

    A `UserError` where two records of it contradict each other, as two machines may make the same run: none
    is taken. A replication is said, and the first one taken.
    """
    name, run = f"{RUNS}/{run_id}", RunFolder(out / run_id)
    if not ((found := listed(store, name)) and found.finished):
        return None
    _compare(store, name, f"record-{found.files[RECORD].sha256}", run, say)
    if not run.finished:
        _fetch(store, name, found, run)
    return run


def _fetch(store: Store, name: str, found: Listed, run: RunFolder) -> None:
    from harness.record.making import drop_replaced, making, set_aside

    with making(run):
        set_aside(run)  # an attempt of this machine's own, whose checkpoint is another one
        large = [file for file in found.files if file.endswith(LARGE)]
        write_json(run.stored, {"store": store.url, "files": sorted(large)})
        fetch(store, name, run.path, lambda file: not _large(file))
        drop_replaced(run)


def _fetch_large(store: Store, run: RunFolder) -> None:
    from harness.record.making import making

    name = f"{RUNS}/{run.id}"
    with making(run):
        there = listed(store, name)
        if not there or there.files[RECORD].sha256 != sha256(run.record_path):
            raise UserError(
                f"run {run.id} in {run.path.parent} is not the one of {store.url}, whose record differs: its "
                "weights and outputs are not taken"
            )
        lacking = set(_stayed(run)) - set(there.files)
        try:
            fetch(store, name, run.path, lambda file: _large(file) and not (run.path / file).exists())
        except Damaged as error:
            also = f"; delete {run.path} too, since its record counts as the run"
            raise UserError(f"{error}{also}") from None
        run.stored.unlink(missing_ok=True)
    if lacking:
        raise UserError(
            f"{store.url}/{name} has no {' and no '.join(sorted(lacking))} any more; the other files are here"
        )


def _large(file: str) -> bool:
    """What stays in the store until it is asked for."""
    return file.endswith(LARGE) or "/" in file


def _stayed(run: RunFolder) -> list[str]:
    """Of the files that were in the store when the record came home, those that are not here."""
    large = (run.checkpoint, run.outputs, run.holdout_outputs)
    return [path.name for path in large if run.kept_in(path)]


def _compare(store: Store, name: str, taken: str, run: RunFolder, say: Callable[[str], None]) -> None:
    """All records of the run, here and there. taken: which of those there is the run's."""
    found = [Found(0, str(run.record_path), run.run_record(), None)] if run.finished else []
    with tempfile.TemporaryDirectory() as folder:
        every = [each for each in store.names(name) if each.startswith("record-")]
        if taken not in every:
            raise UserError(f"{store.url}/{name} lacks its record, {taken}: delete {name} there")
        for number, each in enumerate(sorted(every, key=lambda each: each != taken)):
            path = Path(folder) / str(number)
            if not store.get(f"{name}/{each}", path) or f"record-{sha256(path)}" != each:
                raise UserError(f"{store.url}/{name}/{each} is damaged: delete it there")
            record = read_run_record(path)
            if record.id != run.id:
                raise UserError(f"{store.url}/{name}/{each} is of run {record.id}: delete {name} there")
            found.append(Found(1, f"{store.url}/{name}/{each}", record, None))
    choice = kept(found)
    if choice.problem:
        raise UserError(choice.problem)
    for other in choice.replications:
        say(f"warning: {other.place} is a replication whose result differs; it is not taken")


def kept_in(out: Path, name: str) -> Store | None:
    """Where files of that run stayed, as its folder says; None where all are here. A `UsageError` where there
    is no such run."""
    run = find_run(out, name)
    urls = [run.kept_in(run.path / name) for name in _stayed(run)]
    return opened(urls[0]) if urls else None


def fetch_whole(store: Store, name: str, out: Path) -> Path:
    """The folder of the run whose id is or begins with `name`, with all its files. A `UsageError` where no
    run or more than one is; a `UserError` where it is not finished, or contradicts what is here."""
    found = [each for each in store.names(RUNS) if RUN_ID.fullmatch(each) and each.startswith(name)]
    if len(found) != 1:
        raise UsageError(f"{store.url} has {len(found)} runs whose ids begin with '{name}'; expected one")
    run = bring(store, found[0], out, lambda line: None)
    if run is None:
        raise UserError(
            f"run {found[0]} is not finished in {store.url}: the command that began it goes on with it"
        )
    _fetch_large(store, run)
    return run.path
