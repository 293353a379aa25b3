"""Making a run in its folder: by one process at a time, and without losing what a restart replaces.

What is replaced lies in the folder's `replaced/` until the new record is there. It gets there in one step:
all is first collected in `replacing/`, and a process that finds such a folder puts its contents back.
"""

from __future__ import annotations

import datetime
import os
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from backbones.base.errors import UserError
from backbones.base.plain_text import clean
from harness.files import clear_disk_errors, read_json, write_json
from harness.lock import holds, locked
from harness.record import checkpoint
from harness.record.folder import REPLACED, REPLACING, RunFolder

LOCK, MAKER = "lock", "maker.json"
# What `write_atomically` was filling, and what processes of a distributed run exchanged.
_TEMPORARY = re.compile(r"\..+\.\d+|outputs-\w+-\d+of\d+\.safetensors")


@contextmanager
def making(run: RunFolder, wait: Callable[[str], None] | None = None) -> Iterator[None]:
    """Holds the run for this process; the lock ends with it, however it ends.

    wait: is told who makes the run, where another process does, and that is waited for; otherwise it is a
    `UserError`. Traces of processes that were killed are cleared away.
    """
    with clear_disk_errors(run.path):
        run.path.mkdir(parents=True, exist_ok=True)
    with _lock(run, wait):
        _tidy(run)
        since = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        write_json(run.path / MAKER, {"pid": os.getpid(), "host": socket.gethostname(), "since": since})
        try:
            yield
        finally:
            with suppress(OSError):
                (run.path / MAKER).unlink()


@contextmanager
def _lock(run: RunFolder, wait: Callable[[str], None] | None) -> Iterator[None]:
    with ExitStack() as held:
        try:
            with clear_disk_errors(run.path):
                held.enter_context(locked(run.path / LOCK, wait=False))
        except BlockingIOError:
            said = f"run {run.id} is being made by {maker(run)}"
            if wait is None:
                raise UserError(f"{said}; wait for it (--wait), or stop it") from None
            wait(f"{said}; waiting for it")
            held.enter_context(locked(run.path / LOCK, wait=True))
        yield


def check_held(run: RunFolder) -> None:
    """Before a record is written: a `UserError` where the folder is not the one that `making` took."""
    if not holds(run.path / LOCK):
        raise UserError(
            f"run {run.id} is not recorded: {run.path}, or what it held, was deleted meanwhile; the same "
            "command starts again"
        )


def maker(run: RunFolder) -> str:
    """Who makes the run, as the process that does has written down."""
    try:
        said = read_json(run.path / MAKER)
        return clean(f"process {int(said['pid'])} on {said['host']} since {said['since']}")
    except (OSError, ValueError, LookupError, TypeError):
        return "another process"


def set_aside(run: RunFolder) -> bool:
    """Makes the run's folder empty, whose lock this process holds; whether there was something in it.

    Where a restart is itself started again, what is kept is still what it was to replace.
    """
    entries = _entries(run)
    if (run.path / REPLACED).exists() and not run.finished:
        _remove(entries)
        return True
    _remove([run.path / REPLACED])
    if not entries:
        return False
    staging = run.path / REPLACING
    staging.mkdir()
    # The record last: until then the folder is that of a finished run.
    for entry in sorted(entries, key=lambda path: path == run.record_path):
        entry.rename(staging / entry.name)
    staging.rename(run.path / REPLACED)
    return True


def drop_replaced(run: RunFolder) -> None:
    """The new record is there: what it replaces is not needed any more."""
    _remove([run.path / REPLACED])


def left_over(run: RunFolder) -> bool:
    """Whether a killed process has left what it should have cleared away once the run was finished."""
    return any((run.path / name).exists() for name in (REPLACED, REPLACING))


def tidy_finished(run: RunFolder) -> None:
    """Clears away what a process left that was killed after it wrote the record, or before its restart had
    touched anything. Nothing is done where another process holds the run, or where nothing can be written."""
    with suppress(OSError, UserError):
        before = checkpoint.before(run.checkpoint)
        if not ((run.path / MAKER).exists() or before.exists() or _temporary(run)):
            return
        with locked(run.path / LOCK, wait=False):
            _tidy(run)
            (run.path / MAKER).unlink(missing_ok=True)


def _tidy(run: RunFolder) -> None:
    """Undoes what was begun and not ended, and removes files that were never ended."""
    staging = run.path / REPLACING
    if staging.is_dir():
        for entry in staging.iterdir():
            entry.replace(run.path / entry.name)
        staging.rmdir()
    if run.finished:
        drop_replaced(run)
        checkpoint.before(run.checkpoint).unlink(missing_ok=True)
    _remove(_temporary(run))


def _temporary(run: RunFolder) -> list[Path]:
    inner = (run.path / "folds").glob("*/*")
    return [path for path in (*_entries(run), *inner) if _TEMPORARY.fullmatch(path.name)]


def _entries(run: RunFolder) -> list[Path]:
    """What is in the folder, but for what belongs to its being made."""
    return [path for path in run.path.iterdir() if path.name not in (LOCK, MAKER, REPLACED, REPLACING)]


def _remove(paths: list[Path]) -> None:
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
