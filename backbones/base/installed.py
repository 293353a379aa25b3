"""Importing what installed packages offer: a stranger's package may be broken in every way."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib.metadata import distributions

from backbones.base.errors import PluginWarning

REINSTALL = "reinstall or remove that package"
SLOW_S = 5.0  # a plug-in that takes longer is named, so that one that hangs is known


def unreadable() -> str:
    """Of installed packages whose lists of entry points cannot be read, one line on the first, or "".

    One such list makes Python's own `entry_points` fail, and with it every library that asks for plug-ins.
    """
    for dist in distributions():
        try:
            dist.entry_points  # noqa: B018
        except Exception as error:
            place = getattr(dist, "_path", "an installed package")
            return f"{place}: its entry points cannot be read ({error}); {REINSTALL}"
    return ""


@contextmanager
def guarded(plugin: str) -> Iterator[None]:
    """While a plug-in's code is imported: what it prints goes to stderr, since stdout may be JSON; where it
    takes long, or leaves a thread that keeps the command from ending, that is said.
    """
    slow = threading.Timer(SLOW_S, _say, (f"still loading {plugin}",))
    slow.daemon = True
    before = set(threading.enumerate())
    slow.start()
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        slow.cancel()
    left = [each for each in threading.enumerate() if each not in before and not each.daemon]
    if left:
        text = f"{plugin} has started a thread ('{left[0].name}'); the command ends when that ends"
        warnings.warn(text, PluginWarning, stacklevel=4)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
