"""The code that a study runs with: a checkout of its own at the commit it began with."""

from __future__ import annotations

import hashlib
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import harness
from backbones.base.errors import UsageError, UserError, error_line
from harness.campaign.study.plan import whole_text
from harness.files import read_json, write_json, write_text
from harness.record.software.commit import this_code

_HASH = re.compile(r"[0-9a-f]+")
STARTED = "study.json"  # beside the records: with which plan and code the study began


@dataclass(frozen=True)
class Begun:
    """commit: that all runs of the study are made with; "" where the harness is no checkout."""

    plan_sha256: str
    commit: str


def begun(records: Path, plan: Path, sha256: str, here: bool) -> Begun:
    """How the study began, which is written down the first time.

    here: with the code as it stands, for pilots. A `UserError` where the plan is not committed as it is, or
    is another one than the study began with.
    """
    if already := begun_in(records, plan, sha256):
        if not (records / plan.name).exists():
            write_text(records / plan.name, whole_text(plan))
        return already
    found = Begun(sha256, "" if here else commit_of(plan))
    records.mkdir(parents=True, exist_ok=True)
    write_text(records / plan.name, whole_text(plan))  # its hash is in every verdict: of this very file
    write_json(records / STARTED, {"plan_sha256": found.plan_sha256, "commit": found.commit})
    return found


def begun_in(records: Path, plan: Path, sha256: str) -> Begun | None:
    """How the study whose records are in that folder began; None where it has not.

    A `UserError` where it began with another plan, or where the plan's copy there was changed; a `UsageError`
    where a file is in the folder's place.
    """
    if records.exists() and not records.is_dir():
        raise UsageError(f"{records}: expected a folder of records, not a file")
    if not (records / STARTED).exists():
        return None
    found, copy = _read(records / STARTED), records / plan.name
    if found.plan_sha256 != sha256:
        raise UserError(
            f"{plan} is not the plan that this study began with (SHA-256 {found.plan_sha256[:12]}, now "
            f"{sha256[:12]}): take that one back, or give the new plan another name"
        )
    if copy.is_file() and hashlib.sha256(copy.read_bytes()).hexdigest() != sha256:
        raise UserError(
            f"{copy} is no longer the plan that this study began with: delete it, and 'harness study run' "
            "writes it again"
        )
    return found


def _read(path: Path) -> Begun:
    try:
        tree = read_json(path)
        if not isinstance(tree, dict):
            raise ValueError("no mapping")
        found = Begun(tree["plan_sha256"], tree["commit"])
    except (OSError, ValueError, LookupError) as error:
        raise UserError(f"{path} does not say how the study began ({error_line(error)}); delete it") from None
    # A commit is an argument of git's.
    if not (_HASH.fullmatch(str(found.plan_sha256)) and _HASH.fullmatch(str(found.commit) or "0")):
        raise UserError(f"{path} does not say how the study began: no hashes in it; delete it")
    return found


def check_here(commit: str) -> None:
    """A `UserError` where this is not the code at that commit, which all machines have to have."""
    if (here := this_code()) != commit:
        raise UserError(
            f"the study began at commit {commit[:12]}, and this code is at {here[:12] or 'an unknown one'}"
            f"{', with changes' * here.endswith('+')}: with --store the runs are made with the code that "
            "each machine has; check that commit out"
        )


def checkout(commit: str, folder: Path) -> Path:
    """The folder with the code at that commit, made where it is missing.

    A `UserError` where the folder has the code at another commit.
    """
    folder = folder.resolve()  # git works in the repository
    if (folder / "harness").is_dir():
        at = _git(folder, "rev-parse", "HEAD")
        if at != commit:
            raise UserError(
                f"{folder} has the code at {at[:12]}, the study began at {commit[:12]}: remove it"
            )
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    root = Path(harness.__file__).parents[1]
    # A clone, not a worktree: the repository need not know of it, and it may be removed at any time.
    _git(root, "clone", "--quiet", "--shared", "--no-checkout", str(root), str(folder))
    _git(folder, "checkout", "--quiet", "--detach", commit)
    return folder


def commit_of(plan: Path) -> str:
    """Of the code with which a study of that plan would begin; "" where the harness is no checkout.

    A `UserError` where the plan is in no git repository, or is not committed as it is.
    """
    folder = plan.resolve().parent
    try:
        commit = _git(folder, "rev-parse", "HEAD")
    except UserError:
        if _is_repository(folder):
            raise UserError(f"{plan} is in a git repository without commits: commit the plan first") from None
        raise UserError(
            f"{plan} is in no git repository: a plan is committed before its runs; --here runs it "
            "all the same, and the report says so"
        ) from None
    if _git(folder, "status", "--porcelain", "--", str(plan.resolve())):
        raise UserError(f"{plan} is not committed as it is: a plan is fixed before its runs; commit it first")
    root = Path(harness.__file__).parents[1]
    if Path(_git(folder, "rev-parse", "--show-toplevel")) != root:
        commit = _git(root, "rev-parse", "HEAD") if (root / ".git").exists() else ""
    return commit


def _is_repository(folder: Path) -> bool:
    try:
        return bool(_git(folder, "rev-parse", "--git-dir"))
    except UserError:
        return False


def _git(folder: Path, *words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        raise UserError(f"git {words[0]} failed in {folder}: {said.strip().splitlines()[-1]}") from None
    return done.stdout.strip()
