"""`harness`, and `python -P -m harness`. What takes time is imported once signals are answered by a line."""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn

from backbones.base.errors import UsageError
from harness import signals
from harness.launched import launched

STOPPED = 130
WIDTH = "200"  # columns of lines that no terminal shows
# New objects between two looks of the garbage collector, and looks between deeper ones. Of a table over
# 10,440 records half of the time was looking (with Python's 700): nearly all that a command makes is kept.
COLLECTING = (10_000, 10, 10)


def main() -> None:
    """The command line as a process of its own."""
    try:
        signals.listen()
        gc.set_threshold(*COLLECTING)
        settle_width()
        command_line()
    except KeyboardInterrupt:  # before the command line itself could answer
        print("stopped", file=sys.stderr)
        sys.exit(STOPPED)
    except SystemExit as stop:
        if isinstance(stop.code, int) and _alone():
            _leave(stop.code)
        raise


def settle_width() -> None:
    """Lines are as wide as the terminal. Where there is none, as in a script, they may be wide: with the 80
    columns of times past tables came in parts, and cells in lines of a word."""
    if "COLUMNS" not in os.environ and not any(map(os.isatty, (0, 1, 2))):
        os.environ["COLUMNS"] = WIDTH


def command_line() -> None:
    from harness.cli.main import main

    main()


def _alone() -> bool:
    """Whether nothing is still at work: no thread, no child, no other process of a distributed run."""
    import multiprocessing
    import threading

    try:
        distributed = launched().world > 1
    except UsageError:  # which was reported where it mattered
        distributed = True
    return not distributed and threading.active_count() == 1 and not multiprocessing.active_children()


def _leave(code: int) -> NoReturn:
    """Ends the process at once: freeing torch's and transformers' objects one by one takes a second.

    What was registered to be done at the end is done, and what was printed is flushed.
    """
    import atexit
    from contextlib import suppress

    atexit._run_exitfuncs()
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with suppress(OSError):  # whoever read it has seen enough, or what is full was reported
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
