"""The index's file: SQLite that is written whole, renamed into place and only ever read afterwards.

It is a cache: one that is damaged, of another program or other code, or cannot be written, is done without.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from urllib.parse import quote
from zlib import crc32

import pydantic

import harness
from backbones.base.errors import UserError
from harness.files import cache_home, write_atomically
from harness.record.identity import IDENTITY
from harness.record.index.lazy import Texts
from harness.record.index.packed import Row
from harness.record.schema import SCHEMA

LAYOUT = 1  # of this file's tables and of packed rows
MOST_BYTES = 2**29  # a larger file is begun anew
CODE = (
    *("backbones/base", "harness", "harness/config"),
    *("harness/record", "harness/record/index", "harness/record/schema"),
)
TABLES = """
CREATE TABLE about (version TEXT);
CREATE TABLE texts (number INTEGER PRIMARY KEY, digest BLOB UNIQUE, text TEXT);
CREATE TABLE files (number INTEGER PRIMARY KEY, folder TEXT, name TEXT, stamp TEXT, UNIQUE (folder, name));
CREATE TABLE runs (
    file INTEGER, line INTEGER, checksum INTEGER, id TEXT, finished TEXT, texts BLOB,
    metrics BLOB, metrics_words BLOB, validation BLOB, validation_words BLOB,
    PRIMARY KEY (file, line)
) WITHOUT ROWID;
"""
Rows = list[tuple[Row, Texts]]


@dataclass(frozen=True)
class Kept:
    """What the index has of a file. stamp: of the file when it was read. rows: a record each, in order."""

    stamp: str
    rows: Rows


@dataclass(frozen=True)
class Fresh:
    """Of a file that was read: its rows, with numbers of their texts."""

    name: str
    stamp: str
    rows: Sequence[Row]


def default_place() -> Path:
    return cache_home() / "records.sqlite"


def kept_in(place: Path, folder: str) -> dict[str, Kept]:
    """By name, the files of a folder of runs. An index that cannot be used has none, and is removed."""
    if not place.is_file():
        return {}
    try:
        return _rows(_open(place), folder, lambda: _remove(place))
    except (sqlite3.Error, OSError, TypeError, ValueError, LookupError):
        _remove(place)
        return {}


def _remove(place: Path) -> None:
    with suppress(OSError):
        place.unlink(missing_ok=True)


def _open(place: Path) -> sqlite3.Connection:
    """For reading, without locks: nobody changes it. An `sqlite3.Error` where it is not of this code."""
    connection = sqlite3.connect(f"file:{quote(str(place))}?mode=ro&immutable=1", uri=True)
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        if connection.execute("SELECT version FROM about").fetchall() != [(version(),)]:
            raise sqlite3.DatabaseError("of other code")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _rows(connection: sqlite3.Connection, folder: str, damaged: Callable[[], None]) -> dict[str, Kept]:
    """A `ValueError` for a row that is not as it was written; a text that is not is one when it is read."""

    def text(number: int) -> str:
        for digest, found in connection.execute("SELECT digest, text FROM texts WHERE number = ?", (number,)):
            if _digest(found) == digest:
                return str(found)
        damaged()
        raise ValueError(f"text {number} is damaged")

    shared, found = Texts(text), {}
    files = connection.execute("SELECT number, name, stamp FROM files WHERE folder = ?", (folder,))
    by_number = {number: Kept(stamp, []) for number, name, stamp in files if not found.update({number: name})}
    rows = connection.execute(
        f"SELECT file, checksum, {', '.join(Row._fields)} FROM runs JOIN files ON number = file "
        "WHERE folder = ? ORDER BY file, line",
        (folder,),
    )
    for number, checksum, *row in rows:
        if _checksum(row) != checksum:
            raise ValueError("a row is damaged")
        by_number[number].rows.append((Row(*row), shared))
    return {found[number]: kept for number, kept in by_number.items()}


def write(
    place: Path, folder: str, fresh: Sequence[Fresh], gone: Iterable[str], texts: Mapping[int, str]
) -> None:
    """Adds what was read in a folder and takes out the files that are there no more. texts: by number."""

    def fill(target: Path) -> None:
        if not _is_copied(place, target):
            with closing(sqlite3.connect(target)) as new:
                new.executescript(TABLES)
                new.execute("INSERT INTO about VALUES (?)", (version(),))
                new.commit()
        with closing(sqlite3.connect(target)) as connection:
            connection.execute("PRAGMA journal_mode = MEMORY")
            _forget(connection, folder, [*gone, *(each.name for each in fresh)])
            numbers = _Numbers(connection, texts)
            for each in fresh:
                _insert(connection, folder, each, numbers)
            connection.commit()

    try:
        write_atomically(place, fill)
    except (UserError, sqlite3.Error, OSError):
        return


def _is_copied(place: Path, target: Path) -> bool:
    try:
        if not place.is_file() or place.stat().st_size > MOST_BYTES:
            return False
        _open(place).close()
        shutil.copyfile(place, target)
    except (sqlite3.Error, OSError):
        return False
    return True


def _forget(connection: sqlite3.Connection, folder: str, names: Sequence[str]) -> None:
    """These files, and folders of runs that are there no more."""
    places = [(each,) for (each,) in connection.execute("SELECT DISTINCT folder FROM files")]
    vanished = [place for place in places if not Path(place[0]).is_dir()]
    own = [(folder, name) for name in names]
    for condition, values in (("folder = ?", vanished), ("folder = ? AND name = ?", own)):
        where = f"(SELECT number FROM files WHERE {condition})"
        connection.executemany(f"DELETE FROM runs WHERE file IN {where}", values)
        connection.executemany(f"DELETE FROM files WHERE {condition}", values)


class _Numbers:
    """From the numbers of this reading's texts to those of the file."""

    def __init__(self, connection: sqlite3.Connection, texts: Mapping[int, str]) -> None:
        self.connection, self.texts = connection, texts
        self.known: dict[int, int] = {0: 0}

    def __call__(self, number: int) -> int:
        if number not in self.known:
            text = self.texts[number]
            digest = _digest(text)
            self.connection.execute(
                "INSERT OR IGNORE INTO texts (digest, text) VALUES (?, ?)", (digest, text)
            )
            ((found,),) = self.connection.execute("SELECT number FROM texts WHERE digest = ?", (digest,))
            self.known[number] = found
        return self.known[number]


def _insert(
    connection: sqlite3.Connection, folder: str, fresh: Fresh, number_of: Callable[[int], int]
) -> None:
    at = connection.execute(
        "INSERT INTO files (folder, name, stamp) VALUES (?, ?, ?)", (folder, fresh.name, fresh.stamp)
    ).lastrowid
    for line, row in enumerate(fresh.rows):
        packed = row.renumbered(number_of)
        values = (at, line, _checksum(packed), *packed)
        connection.execute(f"INSERT INTO runs VALUES ({', '.join('?' * len(values))})", values)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _checksum(row: Iterable[str | bytes]) -> int:
    return crc32(b"|".join(each.encode() if isinstance(each, str) else each for each in row))


@cache
def version() -> str:
    """Of everything that decides what a file of records reads as."""
    words = [LAYOUT, SCHEMA, IDENTITY, harness.__version__, pydantic.VERSION, sys.byteorder, *_code()]
    return hashlib.sha256(repr(words).encode()).hexdigest()


def _code() -> list[tuple[str, int, int]]:
    """Name, size and time of the source files that read records."""
    root = Path(str(resources.files("harness"))).parent
    files = sorted(file for folder in CODE for file in (root / folder).glob("*.py"))
    return [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
