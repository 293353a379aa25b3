"""The clips on disk: each made once, by several processes, and listed only when its file is whole."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any

import harness
from backbones.base.errors import UsageError, UserError
from harness.data.index_checks import is_video
from harness.data.sets.localglobal.plan import Clip
from harness.files import cache_home, read_json, write_json
from harness.lock import locked

MANIFEST = "clips.json"
PARTS = ("train", "val", "test")  # folders that may stand over somebody's class folders
WANTED = "wanted.json"  # ids of the clips to be made, for `encode.py`
Progress = Callable[[int, int], None]  # clips done, clips to be made
Made = dict[str, dict[str, Any]]  # by id: SHA-256 of the pixels, bytes of the file, codec


def default_base() -> Path:
    """Where clips are kept that are given no other place."""
    return cache_home() / "localglobal"


def base(root: Path | None) -> Path:
    """The folder of all clips; a `UsageError` where it has videos of somebody's own."""
    if root is None:
        return default_base()
    refuse_videos(root)
    return root


def refuse_videos(base: Path) -> None:
    """A `UsageError` for a folder of somebody's videos, which would be passed over without a word."""
    folders = [each for each in _inner(base) if each.is_dir() and not each.name.startswith(".")]
    if any((folder / MANIFEST).exists() for folder in folders):
        return
    of_parts = [inner for folder in folders if folder.name in PARTS for inner in _inner(folder)]
    for folder in (*folders, *of_parts):
        if video := next(filter(is_video, _inner(folder)), None):
            where = shlex.quote(str(base))
            raise UsageError(
                f"--data-root {where} has videos of its own ({video.relative_to(base)}), and localglobal "
                f"makes its clips itself; for these videos give --dataset folder --data-root {where}"
            )


def _inner(folder: Path) -> list[Path]:
    """What is in it; nothing where it is not there or cannot be read, which is said when it is written to."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def ensure(base: Path, wanted: Sequence[Clip], workers: int, progress: Progress) -> tuple[Path, Made]:
    """The folder of the clips, and what was made of each; makes those that are not there.

    wanted: clips of one choice of settings. Safe beside other processes that want the same clips: one makes
    them, the others wait. A making that was cut off left a hidden folder, which the next one removes.
    A `UserError` where the folder cannot be written.
    """
    folder = base / wanted[0].settings.key()
    listed = whole(folder)
    if all(clip.id in listed for clip in wanted):
        return folder, {clip.id: listed[clip.id] for clip in wanted}
    try:
        base.mkdir(parents=True, exist_ok=True)
        with locked(base / f".{folder.name}.lock", wait=True):
            listed = whole(folder)
            missing = [clip for clip in wanted if clip.id not in listed]
            if missing:
                listed = _add(folder, listed, missing, workers, progress)
    except OSError as error:
        raise UserError(
            f"cannot make the generated clips in {base}: {error.strerror or error}; "
            "name a folder that can be written (--data-root, XDG_CACHE_HOME, or of 'data make' FOLDER)"
        ) from error
    return folder, {clip.id: listed[clip.id] for clip in wanted}


def lacking(base: Path, wanted: Sequence[Clip]) -> list[Clip]:
    """Those of the clips that `ensure` would make."""
    listed = whole(base / wanted[0].settings.key())
    return [clip for clip in wanted if clip.id not in listed]


def whole(folder: Path) -> Made:
    """The listed clips whose file is there and of the listed size; none where the list cannot be read."""
    try:
        listed: Made = read_json(folder / MANIFEST)["clips"]
        return {
            name: made
            for name, made in listed.items()
            if _bytes(folder / name) == made["bytes"] and isinstance(made["pixels"] + made["codec"], str)
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _bytes(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _add(folder: Path, listed: Made, missing: list[Clip], workers: int, progress: Progress) -> Made:
    """Makes clips in a folder beside, moves them in, lists them last; whoever calls it holds the lock."""
    prefix = f".making-{folder.name}-"
    for leftover in folder.parent.glob(f"{prefix}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=folder.parent, ignore_cleanup_errors=True) as name:
        fresh = Path(name)
        made = _make(fresh, missing, workers, progress)
        for clip in missing:
            (folder / clip.id).parent.mkdir(parents=True, exist_ok=True)
            (fresh / clip.id).replace(folder / clip.id)
    both = dict(sorted((listed | made).items()))
    write_json(folder / MANIFEST, {"settings": asdict(missing[0].settings), "clips": both})
    return both


def _make(folder: Path, missing: list[Clip], workers: int, progress: Progress) -> Made:
    progress(0, len(missing))
    made: Made = {}
    (folder / WANTED).write_text(json.dumps([clip.id for clip in missing]))
    with _workers(folder, missing, min(workers, len(missing))) as lines:
        for line in lines:
            record = json.loads(line)
            made[record.pop("id")] = record
            progress(len(made), len(missing))
    return made


@contextmanager
def _workers(folder: Path, missing: list[Clip], count: int) -> Iterator[IO[str]]:
    """The lines that `count` child processes print into one pipe; they end with this block.

    Processes of our own, since those of multiprocessing import the caller's main module again.
    """
    source, sink = os.pipe()
    most = {f"{part}_per_class": 1 + max(c.scene for c in missing) for part in {c.part for c in missing}}
    words = [str(folder), json.dumps(asdict(replace(missing[0].settings, **most)))]
    with tempfile.TemporaryFile("w+") as errors, os.fdopen(source) as lines:
        processes = [_start([*words, str(share), str(count)], sink, errors) for share in range(count)]
        os.close(sink)
        try:
            yield lines
        except BaseException:
            for process in processes:
                process.terminate()
            raise
        finally:
            codes = [process.wait() for process in processes]
        if any(codes):
            errors.seek(0)
            messages = errors.read().strip().splitlines() or [f"a process ended with {max(codes, key=abs)}"]
            raise UserError(f"cannot make the generated clips in {folder.parent}: {messages[-1]}")


def _start(words: list[str], sink: int, errors: IO[str]) -> subprocess.Popen[bytes]:
    here = str(Path(harness.__file__).parents[1])  # a checkout that is not installed must be found too
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "harness.data.sets.localglobal.encode", *words],
        stdin=subprocess.DEVNULL,
        stdout=sink,
        stderr=errors,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"},
    )
