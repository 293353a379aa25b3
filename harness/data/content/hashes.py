"""SHA-256 of the contents of videos, kept in a file of the cache, so that each is computed once.

A hash is kept under the path of its file together with what changes when the file is written: size, times and
inode. The time of the inode's last change cannot be set by anybody, so a file that was written and given its
old time again counts as another one.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import stat
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from harness.data.index_checks import numbered_frames
from harness.files import cache_home

# A file that is still being written can change within the same tick of its clock: too new to be kept.
SETTLED_NS = 2 * 10**9
_TABLE = "CREATE TABLE IF NOT EXISTS hashes (path BLOB PRIMARY KEY, stamp TEXT, sha256 TEXT)"


def content_hash(path: Path) -> str:
    """SHA-256 hex over the bytes of a file, or of all frames of a folder in their order.

    An `OSError` where one cannot be read or is not a regular file.
    """
    files = [path / name for _, name in numbered_frames(path)] if path.is_dir() else [path]
    total = hashlib.sha256()
    for file in files:
        if not stat.S_ISREG(file.stat().st_mode):  # a pipe would be waited for, a device never ends
            raise OSError(f"{file}: it is not a regular file")
        with file.open("rb") as handle:
            total.update(hashlib.file_digest(handle, "sha256").digest())
    return total.hexdigest()


def stamp(path: Path) -> str:
    """Size in bytes, times in ns of the last writing and of the inode's change, inode; "" where it is gone.

    Of a folder of frames: their number, the times of the folder and of its first, middle and last frame.
    """
    return size_and_stamp(path)[1]


def size_and_stamp(path: Path) -> tuple[Any, str]:
    """The size as the fingerprint has it (`harness.data.index_checks.size_of`), and the stamp."""
    try:
        found = path.stat()
        if not stat.S_ISDIR(found.st_mode):
            return found.st_size, f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"
        names = [name for _, name in numbered_frames(path)]
        some = [names[place] for place in sorted({0, len(names) // 2, len(names) - 1})] if names else []
        frames = [(path / name).stat() for name in some]
    except OSError:
        return None, ""
    written = max(each.st_mtime_ns for each in (found, *frames))
    changed = max(each.st_ctime_ns for each in (found, *frames))
    size = [len(names), frames[0].st_size if frames else 0]
    return size, f"{len(names)} {written} {changed} {found.st_ino}"


def changed_ns(said: str) -> int:
    """The time of the inode's last change, of a stamp."""
    return int(said.split()[2])


class Hashes:
    """The hashes of the cache; without its file, which may not be writable, each is computed again.

    Threads and processes may share the file. To be closed, or used as a context.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._db = _opened(file or cache_home() / "content-hashes.sqlite")

    def known(self, path: Path, now: str) -> str:
        """The hash of a file whose stamp is `now`, "" where the cache has none."""
        rows = self._ask(
            "SELECT sha256 FROM hashes WHERE path = ? AND stamp = ?", (os.fsencode(path.absolute()), now)
        )
        return str(rows[0][0]) if rows else ""

    def of(self, path: Path) -> str:
        """The hash, out of the cache if it is there; an OSError where the file cannot be read."""
        return self.known(path, stamp(path)) or self.fresh(path)

    def fresh(self, path: Path) -> str:
        """The hash, computed and kept."""
        before = stamp(path)
        made = content_hash(path)
        settled = before and time.time_ns() - changed_ns(before) > SETTLED_NS
        if settled and stamp(path) == before:
            self._ask(
                "INSERT OR REPLACE INTO hashes VALUES (?, ?, ?)", (os.fsencode(path.absolute()), before, made)
            )
        return made

    def close(self) -> None:
        if self._db:
            self._db.close()
            self._db = None

    def __enter__(self) -> Hashes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, query: str, values: tuple[object, ...]) -> list[tuple[object, ...]]:
        with self._lock, suppress(sqlite3.Error):
            if self._db:
                with self._db:
                    return self._db.execute(query, values).fetchall()
        return []


def _opened(file: Path) -> sqlite3.Connection | None:
    """The cache; one that is damaged is thrown away. None where it cannot be had."""
    for _ in range(2):
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(file, timeout=5, check_same_thread=False)
            db.execute("PRAGMA synchronous = OFF")  # what a power cut takes is computed again
            db.execute(_TABLE)
            return db
        except sqlite3.OperationalError:
            return None
        except (sqlite3.DatabaseError, OSError):
            with suppress(OSError):
                file.unlink()
    return None
