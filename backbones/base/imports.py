"""Imports of large libraries, without the garbage collector. No torch here."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Inside, the garbage collector does not run.

    Importing torch and transformers makes a million objects, nearly all of which stay; looking through them
    again and again took 0.5 of 3.3 s.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
