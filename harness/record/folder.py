"""The folder of runs: a run's state is read from the disk alone."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backbones.base.errors import UsageError, UserError, suggestion
from backbones.base.plain_text import clean, clean_tree
from harness.config.difference import AS_WEIGHTS
from harness.files import read_json
from harness.lock import is_locked
from harness.record.reading import RESTART, RUN_ID, known_config, read_record, read_run_record
from harness.record.schema import Record, RunRecord

REPLACED = "replaced"  # what was there before a restart, until the run is finished
REPLACING = "replacing"  # the same while it is collected: where it stays, a process was killed
FOLDS = "folds"  # of cross-fitting: a folder for each, like that of a run
# What makes a folder a run's; the last one that is there dates it.
_ASIDE = [f"{folder}/{name}" for folder in (REPLACING, REPLACED) for name in ("config.json", "record.json")]
BEGUN_WITH = (*_ASIDE, "record.json", "config.json")

IN_A_RUN = ("record.json", "checkpoint.pt")
_ID = re.compile(r"[0-9a-f]{4,12}")  # or the beginning of one
BARRED = "may not be looked into; its owner can give you leave to read it"
LONGEST_NAME = 255  # bytes, of every common file system


@dataclass(frozen=True)
class RunFolder:
    """`runs/<id>/` and the files in it."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def config(self) -> Path:
        return self.path / "config.json"

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def checkpoint(self) -> Path:
        return self.path / "checkpoint.pt"

    @property
    def outputs(self) -> Path:
        return self.path / "outputs-test.safetensors"

    @property
    def holdout_outputs(self) -> Path:
        return self.path / "outputs-holdout.safetensors"

    @property
    def videos(self) -> Path:
        return self.path / "videos.json"

    @property
    def trained(self) -> Path:
        return self.path / "trained.json"

    @property
    def contents(self) -> Path:
        return self.path / "contents.json"

    @property
    def probe(self) -> Path:
        """What a linear probe of given weights reached (`harness.evaluation.linear_probe`)."""
        return self.path / "probe.json"

    @property
    def failed_videos(self) -> Path:
        """By part, the videos that could not be decoded, and why; `failed.json` in runs of schema 1."""
        path, old = self.path / "failed_videos.json", self.path / "failed.json"
        return old if old.exists() and not path.exists() else path

    @property
    def broken(self) -> Path:
        """Why the last attempt ended without a record; another attempt removes it."""
        return self.path / "broken.json"

    @property
    def stored(self) -> Path:
        """Of a run that was made elsewhere: which of its files stayed in which store."""
        return self.path / "stored.json"

    @property
    def record_path(self) -> Path:
        return self.path / "record.json"

    @property
    def replaced_record(self) -> Path:
        """Of a restart that is not finished: the record that it is to replace."""
        collected = self.path / REPLACING / "record.json"
        return collected if collected.exists() else self.path / REPLACED / "record.json"

    @property
    def finished(self) -> bool:
        """The record is written last and whole: its presence means done."""
        return self.record_path.exists()

    def record(self) -> Record:
        """Of a run that was tested; a `UserError` for one that was not."""
        return read_record(self.record_path)

    def run_record(self) -> RunRecord:
        return read_run_record(self.record_path)

    def read_config(self) -> dict[str, Any]:
        """The configuration: of a finished run that of its record, which is sealed; else as it was stored, or
        as the record has it that is to be replaced; {} where none can be read."""
        places = ((self.record_path, "config"), (self.config, None), (self.replaced_record, "config"))
        for path, key in places:
            try:
                tree = read_json(path)
                return known_config(tree[key] if key else tree)
            except (OSError, ValueError, LookupError, TypeError):
                continue
        return {}

    def shown_config(self) -> dict[str, Any]:
        """The same for terminals and pages: without control characters."""
        found: dict[str, Any] = clean_tree(self.read_config())
        return found

    def probes(self) -> list[str]:
        """What was said of linear probes, a line each; nothing where that cannot be read."""
        try:
            return [clean(str(line)) for line in read_json(self.probe)["lines"]]
        except (OSError, ValueError, LookupError, TypeError):
            return []

    def kept_in(self, path: Path) -> str:
        """The URL of the store that has that file of the run, where it is not here; else nothing."""
        try:
            tree = read_json(self.stored)
            return str(tree["store"]) if path.name in tree["files"] and not path.exists() else ""
        except (OSError, ValueError, LookupError, TypeError):
            return ""

    def how_to_fetch(self, path: Path) -> str:
        """The command that fetches a file which stayed in a store, as the end of an error; else nothing."""
        words = [
            "harness",
            "runs",
            "fetch",
            self.id,
            "--store",
            self.kept_in(path),
            "--out",
            str(self.path.parent),
        ]
        return f"; '{shlex.join(words)}' fetches it" if self.kept_in(path) else ""

    def how_to_remake(self) -> str:
        """The command that makes the run again, as advice in an error of any command."""
        from harness.config.command import as_typed, given_sources, placeholder_root

        if not self.config.exists():
            return RESTART
        dataset = self.read_config().get("data", {}).get("dataset", "")
        place = self.path.absolute()
        words = ["harness", "run", "--config", as_typed(place / self.config.name)]
        words += ["--out", as_typed(place.parent), *given_sources(as_typed)]
        words += ["--data-root", root] if (root := placeholder_root(str(dataset))) else []
        return f"'{shlex.join([*words, '--restart'])}' makes the run again"

    def state(self) -> str:
        if self.finished:
            return "finished"
        if self._being_made():
            return "running"
        if self.replaced_record.exists():
            return "restarted"
        if self.broken.exists():
            return "failed"
        return "interrupted" if self.checkpoint.exists() else "started"

    def _being_made(self) -> bool:
        """Whether a process holds the run's lock."""
        return is_locked(self.path / "lock")

    def why(self) -> str:
        """Of a failed run, what it said; else nothing."""
        try:
            return clean(str(read_json(self.broken)["why"]))
        except (OSError, ValueError, LookupError, TypeError):
            return ""


def all_runs(out: Path) -> list[RunFolder]:
    """All runs under `out`, oldest first."""
    if not out.is_dir():
        return []
    # Of a run that was copied from elsewhere often only the record was kept.
    folders = [path for path in out.iterdir() if os.access(path, os.X_OK)]
    begun = {path: path / name for path in folders for name in BEGUN_WITH if (path / name).exists()}
    return [RunFolder(path) for path in sorted(begun, key=lambda path: begun[path].stat().st_mtime)]


def barred(out: Path) -> list[Path]:
    """Runs under `out` whose folders may not be looked into, as another user's."""
    inside = sorted(out.iterdir()) if out.is_dir() else []
    return [path for path in inside if RUN_ID.fullmatch(path.name) and not os.access(path, os.X_OK)]


def find_run(out: Path, name: str) -> RunFolder:
    """The run whose id is or begins with `name`, or whose folder or record `name` is.

    A `UsageError` where there is no such run, or more than one; a `UserError` where its folder may not be
    looked into.
    """
    if not name.strip():
        raise UsageError("no run is given; expected an id, its first digits or a run's folder")
    path = Path(name)
    if any(len(os.fsencode(part)) > LONGEST_NAME for part in path.parts):
        raise UsageError(f"no run '{name[:40]}…': no name is that long")
    if path.name == "record.json":
        path = path.parent
    closed = [path] if path.is_dir() and not os.access(path, os.X_OK) else []
    closed += [each for each in barred(out) if each.name.startswith(name)]
    if closed:
        raise UserError(f"{closed[0]} {BARRED}")
    if any((path / name).exists() for name in BEGUN_WITH):
        return RunFolder(path)
    runs = all_runs(out)
    matches = [run for run in runs if run.id.startswith(name)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UsageError(f"'{name}' is the beginning of {len(matches)} runs; give more of its digits")
    hint = suggestion(name, [run.id for run in runs])
    there = (
        f"'harness runs --out {shlex.quote(str(out))}' shows all"
        if runs
        else f"there is none in {out}/ yet: start with 'harness run'"
    )
    raise UsageError(f"no run '{name}' in {out}/{hint}; {there}")


def finished_run(out: Path, name: str) -> RunFolder:
    """The same; a `UserError` where it has no record yet."""
    run = find_run(out, name)
    if not run.finished:
        why = f" ({run.why()})" if run.why() else ""
        if run.replaced_record.exists():
            why += f" (what it had before is kept in {run.replaced_record.parent})"
        raise UserError(
            f"run {run.id} is {run.state()}, not finished{why}; the command that began it goes on with it"
        )
    return run


def run_as_weights(text: str, out: Path) -> RunFolder | None:
    """The run, of those under `out` or by its folder, that a stream's weights name; None for none.

    They do by "run:<id>", an id or its beginning (four digits or more), a run's folder, or in a finished run
    the record or the checkpoint, so that this too is checked for what it has seen. A `UsageError` where there
    is no such run.
    """
    path = Path(text)
    if path.is_file():
        inside = path.name in IN_A_RUN and (path.parent / "record.json").is_file()
        return find_run(out, str(path.parent)) if inside else None
    folder = any((path / name).exists() for name in ("config.json", "record.json"))
    named = text.startswith(AS_WEIGHTS) or folder or _ID.fullmatch(text)
    return find_run(out, text.removeprefix(AS_WEIGHTS)) if named else None


def with_run_ids(pairs: Iterable[str], out: Path) -> tuple[str, ...]:
    """`--set` pairs in which runs as weights are named as the runs' own configurations name them."""
    named = []
    for pair in pairs:
        key, _, text = pair.partition("=")
        if key in ("local.weights", "global.weights") and (run := run_as_weights(text, out)):
            _check_beside(key, run, out)
            pair = f"{key}={AS_WEIGHTS}{run.id}"
        named.append(pair)
    return tuple(named)


def _check_beside(key: str, run: RunFolder, out: Path) -> None:
    """The runs that are made find it by its id, among those in their folder."""
    if not (out / run.id).exists():
        there = shlex.quote(str(run.path.parent))
        raise UsageError(
            f"{key}: run {run.id} is in {run.path.parent}, and what starts from it is made in {out}: give "
            f"--out {there}, or take its runs along with 'harness runs merge {there} --out "
            f"{shlex.quote(str(out))}'"
        )
