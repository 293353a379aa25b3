"""SHA-256 of the files that are read together with a record: it says what they were. No torch."""

from __future__ import annotations

import hashlib
from pathlib import Path

from backbones.base.errors import UserError, error_line
from backbones.base.regular import check_regular
from harness.record.folder import RunFolder
from harness.record.schema import RunRecord


def checksums(run: RunFolder) -> dict[str, str]:
    """By name, of those that are there. The checkpoint has a seal of its own."""
    files = (run.outputs, run.holdout_outputs, run.videos, run.trained)
    return {path.name: sha256_of(path) for path in files if path.exists()}


def check_unchanged(path: Path, record: RunRecord) -> bool:
    """Raises UserError where the file is not the one that the run wrote; False where the record, an older
    one, does not say which that was."""
    wanted = (record.files or {}).get(path.name)
    if wanted is None:
        return False
    try:
        check_regular(path)
        same = sha256_of(path) == wanted
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error_line(error)})") from None
    if not same:
        raise UserError(
            f"{path} is not the file that run {record.id} wrote (its SHA-256 is another than in the record): "
            f"it was damaged or changed; {RunFolder(path.parent).how_to_remake()}"
        )
    return True


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
