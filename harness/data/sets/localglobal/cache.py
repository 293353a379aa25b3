"""The clips on disk: made once, by several processes, in a folder that appears only when it is whole."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import harness
from backbones.base.errors import UserError
from harness.data.sets.localglobal.plan import Settings, clips, fingerprint
from harness.lock import locked

MANIFEST = "clips.json"
Progress = Callable[[int, int], None]  # clips done, clips in all


def default_base() -> Path:
    """`$XDG_CACHE_HOME`, or ~/.cache, and below it the project's folder."""
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(home).expanduser() / "mbd-harness" / "localglobal"


def ensure(base: Path, settings: Settings, workers: int, progress: Progress) -> tuple[Path, dict[str, Any]]:
    """The folder of the clips and its manifest; makes them if they are not there.

    Safe beside other processes that want the same clips: one makes them, the others wait. A making that
    was cut off left a hidden folder, which the next one removes.
    """
    folder = base / settings.key()
    manifest = whole(folder)
    if manifest:
        return folder, manifest
    try:
        base.mkdir(parents=True, exist_ok=True)
        with locked(base / f".{folder.name}.lock", wait=True):
            manifest = whole(folder) or _replace(folder, settings, workers, progress)
    except OSError as error:
        raise UserError(
            f"cannot make the generated clips in {base}: {error.strerror or error}; "
            "name a folder that can be written (--data-root, XDG_CACHE_HOME, or of 'data make' FOLDER)"
        ) from error
    return folder, manifest


def whole(folder: Path) -> dict[str, Any] | None:
    """The manifest of a complete folder, or None: no manifest, or a file that is gone or of another size."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        same = all(
            (folder / name).stat().st_size == made["bytes"] for name, made in manifest["clips"].items()
        )
    except (OSError, ValueError, KeyError):
        return None
    return manifest if same else None


def _replace(folder: Path, settings: Settings, workers: int, progress: Progress) -> dict[str, Any]:
    """Makes the clips beside `folder` and renames; whoever calls it holds the lock."""
    prefix = f".making-{folder.name}-"
    for leftover in folder.parent.glob(f"{prefix}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=folder.parent, ignore_cleanup_errors=True) as name:
        fresh = Path(name) / "new"
        fresh.mkdir()
        manifest = _make(fresh, settings, workers, progress)
        (fresh / MANIFEST).write_text(json.dumps(manifest, indent=1))
        if folder.exists():
            folder.rename(Path(name) / "damaged")
        fresh.rename(folder)
    return manifest


def _make(folder: Path, settings: Settings, workers: int, progress: Progress) -> dict[str, Any]:
    wanted = clips(settings)
    progress(0, len(wanted))
    made: dict[str, dict[str, Any]] = {}
    with _workers(folder, settings, workers) as lines:
        for line in lines:
            record = json.loads(line)
            made[record.pop("id")] = record
            progress(len(made), len(wanted))
    pixels = {name: record["pixels"] for name, record in made.items()}
    return {
        "settings": asdict(settings),
        "codec": made[wanted[0].id]["codec"],
        "fingerprint": fingerprint(wanted, pixels),
        "clips": made,
    }


@contextmanager
def _workers(folder: Path, settings: Settings, count: int) -> Iterator[IO[str]]:
    """The lines that `count` child processes print into one pipe; they end with this block.

    Processes of our own, since those of multiprocessing import the caller's main module again.
    """
    source, sink = os.pipe()
    words = [str(folder), json.dumps(asdict(settings))]
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
            raise UserError(f"cannot make the generated clips in {folder.parent.parent}: {messages[-1]}")


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
