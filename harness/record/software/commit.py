"""Which commit of the code makes a run: read from the repository's files or the installation, without git."""

from __future__ import annotations

import json
import re
import struct
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import harness
from harness.record.schema import Code
from harness.record.software.git_index import differs

DISTRIBUTION = "mbd-harness"
SHA1 = 40
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def code(root: Path | None = None) -> Code:
    """Of the checkout in `root` (where this package lies), else of the commit that was installed."""
    root = root or Path(harness.__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return Code(commit=installed())
    commit = dirty = None
    with suppress(OSError, ValueError, struct.error):  # a repository that is damaged, or of another kind
        folder = git_folder(root)
        commit = head(folder)
        if commit and len(commit) == SHA1:  # an index of longer hashes has another form
            dirty = differs(root, folder)
    return Code(commit=commit, dirty=dirty)


def this_code() -> str:
    """The commit, with "+" where files were changed since; "" where it is not known."""
    found = code()
    return f"{found.commit}{'+' * bool(found.dirty)}" if found.commit else ""


def git_folder(root: Path) -> Path:
    """The repository's folder; of a worktree `.git` is a file that names it."""
    path = root / ".git"
    if path.is_dir():
        return path
    return root / path.read_text(encoding="utf-8").removeprefix("gitdir:").strip()


def head(folder: Path) -> str | None:
    """The commit that is checked out; None before the first one, and where references are kept otherwise."""
    text = (folder / "HEAD").read_text(encoding="utf-8").strip()
    if not text.startswith("ref:"):
        return _hash(text)
    name = text.removeprefix("ref:").strip()
    shared = folder / "commondir"  # a worktree's branches are in the main repository
    common = folder / shared.read_text(encoding="utf-8").strip() if shared.exists() else folder
    for place in (folder, common):
        if (place / name).is_file():
            return _hash((place / name).read_text(encoding="utf-8").strip())
    packed = common / "packed-refs"
    lines = packed.read_text(encoding="utf-8").splitlines() if packed.exists() else []
    return next((_hash(line.split()[0]) for line in lines if line.endswith(f" {name}")), None)


def installed() -> str | None:
    """The commit that `pip install git+…` took; None for other installations."""
    try:
        text = metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
        return _hash(json.loads(text or "{}").get("vcs_info", {}).get("commit_id", ""))
    except (metadata.PackageNotFoundError, ValueError, AttributeError):
        return None


def _hash(text: str) -> str | None:
    return text if _HASH.fullmatch(text) else None
