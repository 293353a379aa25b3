"""What came of an attempt: a command's exit code and words, judged."""

from __future__ import annotations

import contextlib
import io
import os
import resource
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LIMIT_S = 30  # of computing: the machine may be shared
TICK_S, IDLE_S, STILL = 5, 0.02, 4  # so many ticks without computing: it waits for what never comes
MEMORY = 12 * 2**30
UNEXPECTED = ("an unexpected error", "Traceback (most recent", "shows the traceback")


ends_at = float("inf")


def late() -> bool:
    """Whether no attempt is begun any more."""
    return time.monotonic() > ends_at


class TooLong(BaseException):
    """Neither done nor refused. No command can catch it as an error of its own."""


@dataclass(frozen=True)
class Outcome:
    """code: the exit code, -1 where an exception came through. out, said: standard output and error."""

    code: int
    out: str
    said: str
    broke: str = ""

    def fault(self) -> str:
        """Why this is not allowed: exit code 0, or one clear line with exit code 1 or 2. Else nothing."""
        if self.broke:
            return self.broke
        last = (self.said.strip().splitlines() or [""])[-1]
        if self.code not in (0, 1, 2):
            return f"exit code {self.code}: {last}"
        if any(words in self.said + self.out for words in UNEXPECTED):
            return last
        if self.code and not self.said.strip() and not self.out.strip():
            return f"exit code {self.code} without a word"
        if self.code == 2 and len(self.said.strip().splitlines()) != 1:
            return f"{len(self.said.strip().splitlines())} lines: {self.said[:200]!r}"
        if len(last) > 1500:
            return f"a line of {len(last)} letters: {last[:100]}"
        controls = [character for character in self.said if ord(character) < 32 and character not in "\n\t"]
        return f"control characters {controls[:3]} in {last!r}" if controls else ""


@dataclass
class Tally:
    """faults: (what was tried, why it failed)."""

    tried: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)

    def add(self, name: str, fault: str) -> None:
        self.tried += 1
        if fault:
            print(ascii(f"{name[:300]}: {fault[:400]}")[1:-1], file=sys.stderr, flush=True)
            self.faults.append((name, fault))


def limit_memory() -> None:
    """A wish for a terabyte is refused by the system instead of taking the machine's memory."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))


@contextmanager
def time_limit() -> Iterator[None]:
    """Ends what computes for longer than LIMIT_S, and what waits without computing."""
    begun = last = time.process_time()
    idle = 0

    def tick(*_: Any) -> None:
        nonlocal last, idle
        now = time.process_time()
        idle = idle + 1 if now - last < IDLE_S else 0
        last = now
        if idle >= STILL or now - begun > LIMIT_S:
            raise TooLong

    before = signal.signal(signal.SIGALRM, tick)
    signal.setitimer(signal.ITIMER_REAL, TICK_S, TICK_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def command(words: Sequence[str]) -> Outcome:
    """`harness …` in this process, as `harness.cli.main.main` ends it."""
    from harness.cli.main import main

    def work() -> None:
        main([str(word) for word in words])

    return attempt(work)


def attempt(work: Callable[[], Any]) -> Outcome:
    """What `work` does, with what it prints."""
    out, said = io.StringIO(), io.StringIO()
    code, broke = 0, ""
    shown, filters, folder = warnings.formatwarning, list(warnings.filters), Path.cwd()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said), time_limit():
            work()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except TooLong:
        code, broke = -1, f"waits, or computes for more than {LIMIT_S} s"
    except BaseException as error:  # whatever comes through is what is looked for
        code, broke = -1, f"{type(error).__name__}: {str(error)[:300]}"
    finally:
        warnings.formatwarning, warnings.filters[:] = shown, filters
        os.chdir(folder)
    return Outcome(code, out.getvalue(), said.getvalue(), broke)


def reading(work: Callable[[], Any]) -> Outcome:
    """Of a function instead of a command: its `UserError` is the one line."""
    from backbones.base.errors import UserError
    from harness.cli.main import report_error

    def told() -> None:
        try:
            work()
        except UserError as error:
            raise SystemExit(report_error(error)) from None

    return attempt(told)
