"""Signals that ask the command line to stop: from its first moment on each ends it as Ctrl-C does."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

USUAL: dict[signal.Signals, Any] = {  # and what a forked process does on them
    signal.SIGTERM: signal.SIG_DFL,
    signal.SIGHUP: signal.SIG_DFL,
    signal.SIGINT: signal.default_int_handler,
}
Handler = Callable[[int, FrameType | None], object]
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


@contextmanager
def answered_by(handler: Handler) -> Iterator[None]:
    """The signals that ask to stop go to it, and back afterwards. Under nohup a lost terminal stays without
    meaning; a thread other than the main one gets none."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [number for number in USUAL if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, usual in before.items():
            signal.signal(number, usual)


def asked() -> bool:
    """Whether a stop was asked for: libraries that call back into Python make errors of their own of it."""
    return _asked


def _interrupt(number: int, frame: FrameType | None) -> None:
    global _asked
    _asked = True
    raise KeyboardInterrupt
