"""Signals that ask the command line to stop: from its first moment on each ends it as Ctrl-C does."""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import Any

USUAL: dict[signal.Signals, Any] = {  # and what a forked process does on them
    signal.SIGTERM: signal.SIG_DFL,
    signal.SIGHUP: signal.SIG_DFL,
    signal.SIGINT: signal.default_int_handler,
}
_asked = False


def listen() -> None:
    """A scheduler's SIGTERM and a lost terminal's SIGHUP interrupt as Ctrl-C does, but not under nohup.

    A process that is forked from this one is ended by them as any other is, also while it is forked.
    """
    ours = [number for number, usual in USUAL.items() if signal.getsignal(number) == usual]
    for number in ours:
        signal.signal(number, _interrupt)

    def hold() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, ours)

    def go_on() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ours)

    def default() -> None:
        for number in ours:
            if signal.getsignal(number) == _interrupt:
                signal.signal(number, USUAL[number])
        go_on()

    os.register_at_fork(before=hold, after_in_parent=go_on, after_in_child=default)


def asked() -> bool:
    """Whether a stop was asked for: libraries that call back into Python make errors of their own of it."""
    return _asked


def _interrupt(number: int, frame: FrameType | None) -> None:
    global _asked
    _asked = True
    raise KeyboardInterrupt
