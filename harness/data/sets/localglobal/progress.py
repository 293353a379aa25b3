"""Progress of the making of clips, on standard error: a bar on a terminal, a line per tenth elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WORDS = "making generated clips (once; later runs use them again)"


@contextmanager
def reporter() -> Iterator[Callable[[int, int], None]]:
    """A callback that takes (clips done, clips in all); it shows nothing before it is first called."""
    if not sys.stderr.isatty():
        yield _lines
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    bar = Progress(*columns, console=Console(stderr=True))

    def update(done: int, total: int) -> None:
        if not bar.tasks:
            bar.add_task(WORDS, total=total)
            bar.start()
        bar.update(bar.tasks[0].id, completed=done)

    try:
        yield update
    finally:
        bar.stop()


def _lines(done: int, total: int) -> None:
    if done * 10 // total != (done - 1) * 10 // total:
        print(f"{WORDS}: {done} of {total}", file=sys.stderr, flush=True)
