"""A run's checkpoint: tensors and plain types only, written whole, loaded without executing anything.

It is sealed by a SHA-256 of all that it holds, its run's name included, and the one before it is kept: of a
file that was damaged on the disk, or that is another run's, nothing is taken.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from backbones.base.errors import UserError
from backbones.base.tensor_files import load_torch
from harness.files import clear_disk_errors, write_atomically
from harness.record.folder import FOLDS, RunFolder
from harness.record.reading import RUN_ID

SEAL, OWNER = "sha256", "run"
# The folder of a run or of a fold, or where a restart has put what it replaces.
_PLACE = re.compile(rf"/({RUN_ID.pattern}(?:/folds/\d+)?)(?:/replac(?:ed|ing))?$")


class Damaged(UserError):
    """The file is there, but not what was written."""


def before(path: Path) -> Path:
    """Where the checkpoint lies that was written before the one at `path`."""
    return path.with_name(f"{path.stem}-before{path.suffix}")


def save(path: Path, state: dict[str, Any], keep: bool = False) -> None:
    """keep: the one that is there as `before`; it is there until the new one has taken its place."""
    owner = _owner(path)
    named = {**state, OWNER: owner} if owner else state
    sealed = {**named, SEAL: seal(named)}

    def write(target: Path) -> None:
        with target.open("wb") as file:  # a path would hide the disk's own error
            torch.save(sealed, file)

    if keep and path.exists():
        _keep(path)
    write_atomically(path, write, new_folder=False)


def read(path: Path) -> dict[str, Any] | None:
    """The checkpoint on the CPU, or None where there is none.

    `Damaged` where it is not as it was written, a `UserError` where it lies in another run's folder.
    """
    if not path.is_symlink() and not path.exists():
        return None
    try:
        tree = load_torch(path)
        whole = isinstance(tree, dict) and _is_whole(tree) and _has_names(tree.get("method", {}))
    except MemoryError:
        raise
    except Exception:
        # torch says of a damaged file what the bytes happen to lead to ("invalid argument", a missing key).
        whole = False
    if not whole:
        raise Damaged(f"{path} is cut off or damaged; {_how_to_remake(path)}")
    _check_owner(path, tree.pop(OWNER, None))
    return tree


def drop(path: Path) -> None:
    """The checkpoint and the one before it."""
    path.unlink(missing_ok=True)
    before(path).unlink(missing_ok=True)


def seal(state: Mapping[str, Any]) -> str:
    """SHA-256 in hex over the names, types, shapes and values of all that is in it."""
    found = hashlib.sha256()
    _feed(found, state)
    return found.hexdigest()


def _feed(found: Any, value: Any) -> None:
    if isinstance(value, Tensor):
        found.update(f"{value.dtype} {tuple(value.shape)}\n".encode())
        found.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    elif isinstance(value, Mapping):
        found.update(f"mapping {len(value)}\n".encode())
        for key, inner in value.items():
            _feed(found, key)
            _feed(found, inner)
    elif isinstance(value, list | tuple):
        found.update(f"list {len(value)}\n".encode())
        for inner in value:
            _feed(found, inner)
    else:
        found.update(f"{type(value).__name__} {value!r}\n".encode("utf-8", "surrogatepass"))


def _is_whole(tree: dict[str, Any]) -> bool:
    """Checkpoints of the first release have no seal; the zip file's own checksums have been looked at."""
    return SEAL not in tree or bool(tree.pop(SEAL) == seal(tree))


def _has_names(method: Any) -> bool:
    """Whether what a method learned is there by name, as every user of a checkpoint takes it."""
    return isinstance(method, Mapping) and all(isinstance(name, str) for name in method)


def _owner(path: Path) -> str | None:
    """Whose checkpoint lies there: a run's, "3f2a…", or a fold's, "3f2a…/folds/1". None: anyone's."""
    found = _PLACE.search(path.absolute().parent.as_posix())
    return found[1] if found else None


def _check_owner(path: Path, run: object) -> None:
    """Checkpoints of earlier releases name no run."""
    place = _owner(path)
    if run is not None and place is not None and run != place:
        raise UserError(
            f"{path} is the checkpoint of run {run}, not of {place}; put that one's own back, or "
            f"{_how_to_remake(path)}"
        )


def _how_to_remake(path: Path) -> str:
    """Of the run in whose folder it lies, or a fold's. Whoever reads it need not be `harness run`."""
    folder = path.absolute().parent
    of_a_fold = folder.parent.name == FOLDS
    return RunFolder(folder.parent.parent if of_a_fold else folder).how_to_remake()


def _keep(path: Path) -> None:
    kept = before(path)
    with clear_disk_errors(kept):
        kept.unlink(missing_ok=True)
        try:
            os.link(path, kept)
        except OSError:  # a file system without hard links
            shutil.copyfile(path, kept)
