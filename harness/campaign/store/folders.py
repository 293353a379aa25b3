"""Folders in a store: each is whole at any moment, and what comes from there is checked. No torch.

A folder is a list, `files.json`, of its files with their SHA-256, and an object for each content. The list is
written last, in one step, so a folder that is half written does not exist, and a run without a record in the
list is not finished. A store has no locks: who writes names its objects by a token of its own, and removes no
one else's before the run is finished. A run that is finished stays as it is; further records of it are kept,
for whoever brings it home to compare.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backbones.base.errors import UserError, error_line
from harness.campaign.store.place import Store
from harness.config.typed.validation_messages import first_error
from harness.files import clear_disk_errors, parse_json, write_atomically

LIST, RECORD, CHECKPOINT = "files.json", "record.json", "checkpoint.pt"
REPLACED_WHOLE = (".pt", ".safetensors")  # files that are never written on: a link keeps what they are now
ANOTHER_LOOK = 5  # at a folder that is replaced while it is fetched
_PART = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,100}"
_NAME = re.compile(rf"(?:{_PART}/){{0,3}}{_PART}")
_OBJECT = re.compile(r"[0-9a-f]{12}-[0-9a-f]{64}")
_HOLDS = re.compile(
    r"lock|(?:maker|stored)\.json|checkpoint-before\.pt|(?:replaced|replacing)/.*"
)  # of one machine alone


class StoredFile(BaseModel):
    """by: the token of who put it there."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    by: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]

    @property
    def object(self) -> str:
        return f"{self.by}-{self.sha256}"


class Listed(BaseModel):
    """files: by name in the folder, "/" between its parts."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    files: dict[Annotated[str, Field(pattern=rf"^{_NAME.pattern}$")], StoredFile]

    @property
    def finished(self) -> bool:
        return RECORD in self.files


def listed(store: Store, folder: str) -> Listed | None:
    """What is in the folder; None where it is not there. A `UserError` for a list that is none."""
    if (said := store.read(f"{folder}/{LIST}")) is None:
        return None
    try:
        return Listed.model_validate(parse_json(said.decode()))
    except ValidationError as error:
        why = first_error(error).message
    except ValueError as error:
        why = error_line(error)
    raise UserError(f"{store.url}/{folder}/{LIST} is no list of files ({why}); delete {folder} there")


def fetch(store: Store, folder: str, target: Path, wanted: Callable[[str], bool] = bool) -> Listed | None:
    """Copies it, the checkpoint and then the record last; None where it is not there.

    wanted: whether a file of that name is. A `UserError` (`Damaged`) where a content is not the one in
    the list, or files that the list names stay away.
    """
    for _ in range(ANOTHER_LOOK):
        found = listed(store, folder)
        names = filter(wanted, found.files if found else ())
        try:
            for name in sorted(names, key=lambda name: (name == RECORD, name == CHECKPOINT)):
                if found and not _HOLDS.fullmatch(name):
                    write_atomically(target / name, partial(_get, store, folder, found.files[name]))
        except _Replaced:
            continue
        return found
    raise Damaged(f"{store.url}/{folder} lacks files of its list: delete it there, and it is made again")


class Damaged(UserError):
    """What is in the store is not what was put there."""


class _Replaced(Exception):
    """Another list has come meanwhile, and objects of the one before it are gone."""


def _get(store: Store, folder: str, file: StoredFile, path: Path) -> None:
    name = f"{folder}/{file.object}"
    if not store.get(name, path):
        raise _Replaced
    if sha256(path) != file.sha256:
        raise Damaged(
            f"{store.url}/{name} is damaged (its SHA-256 is another than in the list): delete {folder} "
            "there, and it is made again"
        )


def sha256(path: Path) -> str:
    """Of the file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass
class Mirror:
    """A folder here that one process keeps in the store. seen: of its files, what they were when they were
    put there."""

    store: Store
    folder: str
    path: Path
    seen: dict[str, tuple[int, ...]] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict)
    by: str = field(default_factory=lambda: uuid.uuid4().hex[:12])

    def is_there(self) -> None:
        """What is here came from there."""
        self.seen = _states(self.path)

    def lost_weights(self) -> bool:
        """Whether the run is finished there, with weights that were deleted here since."""
        return {RECORD, CHECKPOINT} <= set(self.seen) and not (self.path / CHECKPOINT).exists()

    def push_changed(self) -> None:
        """What has changed since. Lines that were added to the run's events wait for something else."""
        now = _states(self.path)
        if _but_events(now) != _but_events(self.seen):
            self.push()

    def push(self) -> None:
        """All of it as it is now. Nothing where the store has a record of this run, which is another file."""
        folder = self.path.parent
        with clear_disk_errors(folder), tempfile.TemporaryDirectory(prefix=".push-", dir=folder) as staging:
            seen, files = _states(self.path), {}
            # Events that are older than the checkpoint would lack its last steps.
            for name in sorted(seen, key=lambda name: (name != CHECKPOINT, name)):
                if (file := self._file(name, seen[name], Path(staging) / "file")) is not None:
                    files[name] = file
            self._list(Listed(files=files))
        self.seen, self.files = seen, files

    def _file(self, name: str, state: tuple[int, ...], staged: Path) -> StoredFile | None:
        """The file in the store, put there where it is new; None where it is gone meanwhile."""
        if name in self.files and self.seen.get(name) == state:
            return self.files[name]
        try:
            _stage(self.path / name, staged)
        except FileNotFoundError:
            return None
        file = StoredFile(sha256=sha256(staged), by=self.by)
        if file != self.files.get(name):
            self.store.put(f"{self.folder}/{file.object}", staged)
            if name == RECORD:
                self.store.put(f"{self.folder}/record-{file.sha256}", staged)
        return file

    def _list(self, new: Listed) -> None:
        there = listed(self.store, self.folder)
        if there and there.finished and there.files[RECORD].sha256 != _record(new):
            kept = there
        else:
            kept = new
            self.store.write(f"{self.folder}/{LIST}", new.model_dump_json(indent=1).encode())
        old = {file.object for file in (*self.files.values(), *new.files.values())}
        if new.finished:  # whoever was on it before is not needed any more
            old |= {name for name in self.store.names(self.folder) if _OBJECT.fullmatch(name)}
        old -= {file.object for file in kept.files.values()}
        self.store.remove([f"{self.folder}/{name}" for name in sorted(old)])


def _record(run: Listed) -> str:
    return run.files[RECORD].sha256 if run.finished else ""


def _stage(path: Path, staged: Path) -> None:
    """The file as it is now, whatever becomes of it."""
    staged.unlink(missing_ok=True)
    if path.suffix in REPLACED_WHOLE:
        with suppress(OSError):  # a file system without hard links
            os.link(path, staged)
            return
    shutil.copyfile(path, staged)


def _states(folder: Path) -> dict[str, tuple[int, ...]]:
    """What tells whether a file was changed, by name."""
    found = dict[str, tuple[int, ...]]()
    for name, path in _regular(folder):
        try:
            state = path.lstat()
        except FileNotFoundError:
            continue
        found[name] = (state.st_ino, state.st_size, state.st_mtime_ns)
    return found


def _regular(folder: Path) -> Iterator[tuple[str, Path]]:
    """Names of another form, as of files that are not whole yet, are left out."""
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if _NAME.fullmatch(name) and not _HOLDS.fullmatch(name) and path.is_file() and not path.is_symlink():
            yield name, path


def _but_events(states: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    return {name: state for name, state in states.items() if name != "events.jsonl"}
