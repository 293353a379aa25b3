"""A log that is read while a process writes it. No torch."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

_ENDS = re.compile(rb"\r\n|\r|\n")


class Followed:
    """The lines that come to the end of `path` from now on. last: the last one that is not blank.

    A process writes into the file itself: it goes on where whoever started it is gone.
    """

    def __init__(self, path: Path, tell: Callable[[str], None]) -> None:
        self.path, self.tell = path, tell
        self.last = ""
        self._read = path.stat().st_size if path.exists() else 0
        self._begun = b""

    def read(self, end: bool = False) -> None:
        """Tells what there is. end: nothing else comes, so what has no end of line is a line, too."""
        *lines, self._begun = _ENDS.split(self._begun + self._new())
        if end and self._begun:
            lines.append(self._begun)
        for line in lines:
            self.last = line.decode(errors="replace").strip() or self.last
            self.tell(self.last)

    def _new(self) -> bytes:
        try:
            with self.path.open("rb") as handle:
                handle.seek(self._read)
                found = handle.read()
        except FileNotFoundError:
            return b""
        self._read += len(found)
        return found
