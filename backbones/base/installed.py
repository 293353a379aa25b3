"""Importing what installed packages offer: a stranger's package may be broken in every way."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib.metadata import Distribution, EntryPoints, distributions
from typing import Any, TextIO

from backbones.base.errors import PluginWarning
from backbones.base.plain_text import clean

REINSTALL = "reinstall or remove that package"
SLOW_S = 5.0  # a plug-in that takes longer is named, so that one that hangs is known


_as_python_reads = Distribution.entry_points.fget  # type: ignore[attr-defined]
_said: set[str] = set()


def skip_unreadable() -> None:
    """From now on a package whose list of entry points cannot be read has none, and one warning names it.

    Python's own `entry_points` fails at the first such list, whoever asks for plug-ins: pydantic, torch and
    others do as they are imported, so that a package that nobody needs would end every command.
    """
    Distribution.entry_points = property(_or_none)  # type: ignore[assignment,method-assign]


def unreadable() -> str:
    """Of installed packages whose lists of entry points cannot be read, one line on the first, or ""."""
    return next(filter(None, map(_problem, distributions())), "")


def _or_none(dist: Distribution) -> EntryPoints:
    if not (problem := _problem(dist)):
        return _as_python_reads(dist)  # type: ignore[no-any-return]
    if problem not in _said:
        _said.add(problem)
        warnings.warn(f"{problem}; it is left out", PluginWarning, stacklevel=3)
    return EntryPoints()


def _problem(dist: Distribution) -> str:
    try:
        _as_python_reads(dist)
    except Exception as error:  # bytes that are no text, lines that are no entries, a link to itself
        place = getattr(dist, "_path", "an installed package")
        return f"{place}: its entry points cannot be read ({error}); {REINSTALL}"
    return ""


@contextmanager
def guarded(plugin: str) -> Iterator[None]:
    """While a plug-in's code is imported: what it prints goes to stderr, since stdout may be JSON, without
    control characters; where it takes long, or leaves a thread that keeps the command from ending, that is
    said.
    """
    slow = threading.Timer(SLOW_S, _say, (f"still loading {plugin}",))
    slow.daemon = True
    before = set(threading.enumerate())
    slow.start()
    try:
        shown: Any = _Cleaned(sys.stderr) if sys.stderr else None
        with redirect_stdout(shown), redirect_stderr(shown):
            yield
    finally:
        slow.cancel()
    left = [each for each in threading.enumerate() if each not in before and not each.daemon]
    if left:
        text = f"{plugin} has started a thread ('{left[0].name}'); the command ends when that ends"
        warnings.warn(text, PluginWarning, stacklevel=4)


class _Cleaned:
    """A stream to which a stranger writes lines: of what it is given no control character reaches it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write("\n".join(map(clean, text.split("\n"))))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        self.write("".join(lines))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
