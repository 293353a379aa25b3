"""Whether the code's files are those of the checked-out commit, told from git's index without git."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CODE = ("backbones", "harness", "methods", "results")
SUFFIXES = (".py", ".yaml", ".csv")
GENERATED = "results/measured/"  # what runs leave changes no run
_FIXED = 62  # bytes of an entry before its name
_EXTENDED, _LONG = 0x4000, 0xFFF


@dataclass(frozen=True)
class Entry:
    """A file as it was last added. seconds, nanoseconds: of its last change. size: in bytes, modulo 2^32."""

    path: str
    seconds: int
    nanoseconds: int
    size: int
    sha1: str


def differs(root: Path, folder: Path) -> bool | None:
    """Whether a file of the code in `root` is not as committed; None where the index does not say.

    folder: the repository's. A file that was added but not committed makes it unknown, not clean.
    """
    data = (folder / "index").read_bytes()
    if struct.unpack(">4sL", data[:8])[1] not in (2, 3):
        return None
    entries, end = _entries(data)
    known = {entry.path: entry for entry in entries if _is_code(entry.path)}
    there = {path.relative_to(root).as_posix() for path in _files(root)}
    if there - known.keys() or any(_changed(root, entry) for entry in known.values()):
        return True
    return False if _of_a_commit(data, end) else None


def _is_code(path: str) -> bool:
    return path.startswith(tuple(f"{name}/" for name in CODE)) and path.endswith(SUFFIXES)


def _files(root: Path) -> Iterator[Path]:
    """The code's files in `root`, but for what runs and tools leave there."""
    for name in CODE:
        for path in (root / name).rglob("*"):
            if path.suffix in SUFFIXES and not path.relative_to(root).as_posix().startswith(GENERATED):
                yield path


def _entries(data: bytes) -> tuple[list[Entry], int]:
    """All entries, and where they end."""
    (count,) = struct.unpack(">L", data[8:12])
    entries, at = [], 12
    for _ in range(count):
        _, _, seconds, nanoseconds, *_, size = struct.unpack(">10L", data[at : at + 40])
        (flags,) = struct.unpack(">H", data[at + 60 : at + _FIXED])
        start = at + _FIXED + (2 if flags & _EXTENDED else 0)
        length = flags & _LONG
        end = start + length if length < _LONG else data.index(b"\0", start)
        path = data[start:end].decode("utf-8", "surrogateescape")
        entries.append(Entry(path, seconds, nanoseconds, size, data[at + 40 : at + 60].hex()))
        at += (end - at) // 8 * 8 + 8  # padded with one to eight zero bytes
    return entries, at


def _changed(root: Path, entry: Entry) -> bool:
    path = root / entry.path
    if not path.is_file():
        return True
    found = path.stat()
    changed = divmod(found.st_mtime_ns, 10**9) != (entry.seconds, entry.nanoseconds)
    if not changed and found.st_size % 2**32 == entry.size:
        return False
    content = path.read_bytes()
    return (
        hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest() != entry.sha1
    )


def _of_a_commit(data: bytes, at: int) -> bool:
    """Whether the whole index is a tree that git has written: adding a file ends that until the commit."""
    while at + 8 <= len(data) - 20:
        name, size = struct.unpack(">4sL", data[at : at + 8])
        if name == b"TREE":  # the root's path, empty; its number of files, negative where it was changed
            return not data[at + 8 : at + 8 + size].startswith(b"\0-")
        at += 8 + size
    return False
