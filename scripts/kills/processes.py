"""Tiny runs in processes that are forked, and the points at which they can be killed."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.execution.job import Launch

SETTINGS = (
    *("data.train_per_class=1", "data.test_per_class=1", "data.fit_per_class=1", "data.seed=0"),
    *("local.backbone=r2plus1d18", "local.width=0.125", "local.frames=2", "local.crop=32"),
    *("local.short_side=[36,36]", "local.test_short_side=36"),
    *("global.backbone=vtn:resnet10t", "global.frames=2", "global.stride=8", "global.crop=32"),
    *("global.short_side=[36,36]", "global.test_short_side=36"),
    *("test.local_clips=1", "test.global_clips=1", "train.batch_size=4", "train.epochs=1"),
    *("fit.rules=own", "fit.views=1"),
)
STOPPED = 130
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
CALLS = ("replace", "rename", "link", "fsync", "mkdir")


def get_ready() -> None:
    """Everything that a run needs is loaded once, and left out is what takes long and changes nothing: the
    step that is timed beforehand, the count of the networks' cost, a second thread."""
    from harness.config.resolve import resolve
    from harness.console.console import RunConsole
    from harness.execution import build_record, dry_run, execute
    from harness.execution.prepare import prepare
    from harness.record.schema import Cost
    from harness.training.distributed import processes

    build_record.costs = lambda *_: Cost(run={}, full={})
    dry_run.estimate = lambda *_: execute.Estimate(1.0, 1.0)
    processes.enough_threads = lambda: None
    config = resolve("tiny", {"method": {"name": "mbd"}}, SETTINGS)
    prepare(config, _launch(Path("nowhere"), False), RunConsole(json=True, quiet=True))
    gc.freeze()


def make(out: Path, restart: bool = False) -> None:
    """The tiny run."""
    from harness.config.resolve import resolve
    from harness.console.console import RunConsole
    from harness.execution.execute import execute

    config = resolve("tiny", {"method": {"name": "mbd"}}, SETTINGS)
    execute(config, _launch(out, restart), RunConsole(json=True))


def _launch(out: Path, restart: bool) -> Launch:
    from harness.execution.job import Launch

    return Launch(data_root=None, out=out, device="cpu", workers=0, checkpoint_every_s=-1, restart=restart)


def process(work: Callable[[], None], said: Path) -> int:
    """A fork that works as the command line does; its id. What it prints goes to the file.

    A signal that is sent before it listens arrives once it does: what ends Python before its first line is
    nothing that a program could answer.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    child = os.fork()
    if child:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        return child
    descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    code = 70
    try:
        code = _code(work)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr, flush=True)
        code = STOPPED
    finally:
        os._exit(code)


def _code(work: Callable[[], None]) -> int:
    with suppress(ImportError):  # earlier releases have it elsewhere, or take signals over in training only
        from harness.signals import listen

        listen()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
    try:
        work()
    except Exception as error:
        from harness.cli.main import report_error

        return report_error(error)
    return 0


def ended(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@contextmanager
def calls(at: Callable[[int], None]) -> Iterator[None]:
    """Within it `at` is told each point's number: before and after each call by which files come to be."""
    count, plain = iter(range(10**9)), {name: getattr(os, name) for name in CALLS}

    def watched(name: str) -> Callable[..., object]:
        def call(*given: object, **named: object) -> object:
            at(next(count))
            result = plain[name](*given, **named)
            at(next(count))
            return result

        return call

    for name in CALLS:
        setattr(os, name, watched(name))
    try:
        yield
    finally:
        for name, function in plain.items():
            setattr(os, name, function)


def killed_at(point: int, out: Path, restart: bool = False) -> None:
    def kill(number: int) -> None:
        if number == point:
            os.kill(os.getpid(), signal.SIGKILL)

    with calls(kill):
        make(out, restart)


def points_of(out: Path, said: Path, restart: bool = False) -> int:
    """How many such points the run has."""

    def count() -> None:
        seen: list[int] = []
        with calls(seen.append):
            make(out, restart)
        (out.parent / "points").write_text(str(len(seen)))

    assert ended(process(count, said)) == 0, said.read_text()
    return int((out.parent / "points").read_text())
