"""Every record in folders of runs, those that are known by the index: the same as `records_in` of each file.

A file counts as known where its name, place on the disk, size and times are those that it had when it was
read. One that was written a moment before is not kept: within a tick of the clock it could change unnoticed.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.record.index import database
from harness.record.index.database import Fresh
from harness.record.index.lazy import LazyRecord, Texts
from harness.record.index.packed import Row, pack
from harness.record.reading import is_barred, possible_files, record_files, records_in
from harness.record.schema import RunRecord

FEW = 32  # files that are read without an index
SETTLED_NS = 2 * 10**9  # the coarsest clock of a file system
WORTH_WRITING = 0.01  # of the known files
Found = tuple[Path, RunRecord | str]


@dataclass(frozen=True)
class Settings:
    """How the index is used. place: its file. few: so many files are read without it. settled_ns: how old a
    file must be."""

    place: Path
    few: int = FEW
    settled_ns: int = SETTLED_NS


def all_records(folders: Iterable[Path], how: Settings | None = None) -> list[Found]:
    """Each record with its file, or why it cannot be used; by folder, in the order of `record_files`."""
    how = how or Settings(database.default_place())
    return [each for folder in folders for each in _in_folder(folder, how)]


def _in_folder(folder: Path, how: Settings) -> list[Found]:
    possible = possible_files(folder)
    if len(possible) <= how.few:
        return [(path, found) for path in record_files(folder) for found in records_in(path)]
    return _Folder(folder, how).read(possible)


@dataclass
class _Texts:
    """Texts that were met, numbered from 1 on."""

    numbers: dict[str, int] = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)

    def number_of(self, text: str) -> int:
        number = self.numbers.setdefault(text, len(self.numbers) + 1)
        self.texts[number] = text
        return number


class _Folder:
    """One folder of runs that is being read."""

    def __init__(self, folder: Path, how: Settings) -> None:
        self.how, self.name = how, str(folder.absolute())
        self.depth = len(str(folder)) + 1 if str(folder) != "." else 0
        self.known = database.kept_in(how.place, self.name)
        self.met = _Texts()
        self.shared = Texts(self.met.texts.__getitem__)
        self.fresh: list[Fresh] = []
        self.latest = time.time_ns() - how.settled_ns

    def read(self, files: Sequence[Path]) -> list[Found]:
        found: list[Found] = []
        names = set()
        for path in files:
            name, stamp = str(path)[self.depth :], _stamp(path)
            if stamp is not None:
                names.add(name)
                found += self._of_file(path, name, stamp)
            elif is_barred(path):
                found += [(path, each) for each in records_in(path)]
        gone = [name for name in self.known if name not in names]
        if len(self.fresh) + len(gone) > WORTH_WRITING * len(files):
            database.write(self.how.place, self.name, self.fresh, gone, self.met.texts)
        return found

    def _of_file(self, path: Path, name: str, stamp: tuple[str, int]) -> list[Found]:
        known = self.known.get(name)
        if known is not None and known.stamp == stamp[0]:
            rows = enumerate(known.rows)
            return [(path, LazyRecord.of(row, shared, path, line)) for line, (row, shared) in rows]
        return self._read(path, name, stamp)

    def _read(self, path: Path, name: str, stamp: tuple[str, int]) -> list[Found]:
        """From the file itself; its records are packed all the same, which takes a tenth of the memory."""
        found: list[Found] = []
        rows: list[Row] = []
        for line, each in enumerate(records_in(path)):
            try:
                if isinstance(each, str):
                    raise ValueError(each)
                rows.append(pack(each, self.met.number_of))
                found.append((path, LazyRecord.of(rows[-1], self.shared, path, line)))
            except (ValueError, RecursionError, OverflowError):
                found.append((path, each))
        settled = stamp[1] < self.latest and _stamp(path) == stamp
        if settled and rows and len(rows) == len(found):
            self.fresh.append(Fresh(name, stamp[0], rows))
        return found


def _stamp(path: Path) -> tuple[str, int] | None:
    """(what tells a file's present contents from others, when it last changed); None where it is gone."""
    try:
        found = path.stat()
    except OSError:
        return None
    facts = found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
    return " ".join(map(str, facts)), max(found.st_mtime_ns, found.st_ctime_ns)
