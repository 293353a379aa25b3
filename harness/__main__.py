"""`harness`, and `python -P -m harness`. What takes time is imported once signals are answered by a line."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

STOPPED = 130
ASK = (signal.SIGTERM, signal.SIGHUP)  # Ctrl-C does what these are made to do


def main() -> None:
    """The command line as a process of its own."""
    _listen()
    try:
        command_line()
    except KeyboardInterrupt:  # before the command line itself could answer
        print("stopped", file=sys.stderr)
        sys.exit(STOPPED)
    except SystemExit as stop:
        if isinstance(stop.code, int) and _alone():
            _leave(stop.code)
        raise


def command_line() -> None:
    from harness.cli.main import main

    main()


def _listen() -> None:
    """A scheduler's SIGTERM and a lost terminal's SIGHUP interrupt as Ctrl-C does, but not under nohup.

    A process that is forked from this one is ended by them as any other is, also while it is forked.
    """
    ours = [number for number in ASK if signal.getsignal(number) == signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _interrupt)

    def hold() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, ours)

    def go_on() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ours)

    def default() -> None:
        for number in ours:
            if signal.getsignal(number) == _interrupt:
                signal.signal(number, signal.SIG_DFL)
        go_on()

    os.register_at_fork(before=hold, after_in_parent=go_on, after_in_child=default)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _alone() -> bool:
    """Whether nothing is still at work: no thread, no child, no other process of a distributed run."""
    import multiprocessing
    import threading

    distributed = os.environ.get("WORLD_SIZE", "1") != "1"
    return not distributed and threading.active_count() == 1 and not multiprocessing.active_children()


def _leave(code: int) -> NoReturn:
    """Ends the process at once: freeing torch's and transformers' objects one by one takes a second.

    What was registered to be done at the end is done, and what was printed is flushed.
    """
    import atexit
    from contextlib import suppress

    atexit._run_exitfuncs()
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with suppress(BrokenPipeError):  # whoever read it has seen enough
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
