"""A process of a run that ends too early: the others end with one line that names it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from torch import distributed

from backbones.base.errors import UserError
from harness.training.stopping import Stopped

if TYPE_CHECKING:
    from lightning_fabric import Fabric

# What gloo, NCCL and torch's store say where the other end of a connection is gone.
BROKEN = ("gloo", "nccl", "tcpstore", "closed by peer", "connection reset", "broken pipe", "socket")
ANSWERS_WITHIN_S = 10.0
LOOKS_EVERY_S = 0.1
RESUMES = "the same command goes on from the last checkpoint"


class Lost(UserError):
    """Another process of this run ended before it."""


@contextmanager
def naming_the_lost(fabric: Fabric) -> Iterator[None]:
    """Within it a connection that breaks raises `Lost`: which process ended, and why where it said so.

    What ends this process alone is told to the others.
    """
    if fabric.world_size == 1:
        yield
        return
    roll = RollCall(distributed.PrefixStore("roll", _store()), fabric.global_rank, fabric.world_size)
    roll.enter()
    try:
        yield
    except Stopped:  # agreed upon by all
        raise
    except Exception as error:
        if _is_broken_connection(error):
            raise Lost(roll.call()) from error
        roll.say_ended(str(error))
        raise


def _store() -> distributed.Store:
    """That by which the processes found each other; torch has no public name for it."""
    return distributed.distributed_c10d._get_default_store()


def _is_broken_connection(error: Exception) -> bool:
    """Whether it is one of a collective operation; torch's own classes for it derive from RuntimeError."""
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(words in text for words in BROKEN)


@dataclass(frozen=True)
class RollCall:
    """Who is still there, asked through the store of a run's processes."""

    store: distributed.Store
    rank: int
    world: int
    waits_s: float = ANSWERS_WITHIN_S

    def enter(self) -> None:
        self.store.set(f"at/{self.rank}", f"{socket.gethostname()} {os.getpid()}")

    def say_ended(self, why: str) -> None:
        with suppress(RuntimeError):  # the store may be gone, too
            self.store.set(f"ended/{self.rank}", why)

    def call(self) -> str:
        """A line that names the processes that said why they ended, else those that are gone, else those that
        did not answer."""
        try:
            self.store.set(f"here/{self.rank}", "yes")
            silent = self._silent()
            said = {rank: why for rank in self._others() if (why := self._read(f"ended/{rank}"))}
        except RuntimeError:
            return f"process 0 of {self.world}, which the others meet at, ended; {RESUMES}"
        if said:
            rank, why = next(iter(said.items()))
            return f"process {rank} of {self.world} ended: {why}"
        gone = [rank for rank in silent if not self._lives(rank)] or silent
        if not gone:
            return f"the connection between the {self.world} processes broke; {RESUMES}"
        names = ", ".join(f"{rank} (on {self._place(rank)[0]})" for rank in gone)
        which = f"process {names}" if len(gone) == 1 else f"processes {names}"
        return f"{which} of {self.world} ended without a word (killed? out of memory?); {RESUMES}"

    def _silent(self) -> list[int]:
        """The others that neither answer within the time nor said that they ended."""
        until = time.monotonic() + self.waits_s
        while True:
            silent = [
                rank
                for rank in self._others()
                if not (self._read(f"here/{rank}") or self._read(f"ended/{rank}"))
            ]
            if time.monotonic() > until or all(not self._lives(rank) for rank in silent):
                return silent
            time.sleep(LOOKS_EVERY_S)

    def _others(self) -> list[int]:
        return [rank for rank in range(self.world) if rank != self.rank]

    def _read(self, key: str) -> str:
        return self.store.get(key).decode() if self.store.check([key]) else ""

    def _place(self, rank: int) -> tuple[str, str]:
        host, _, pid = self._read(f"at/{rank}").partition(" ")
        return host, pid

    def _lives(self, rank: int) -> bool:
        """Whether it may: of another machine's processes nothing is known."""
        host, pid = self._place(rank)
        if host != socket.gethostname():
            return True
        try:  # one that has ended and whose parent has not asked for it is there as a zombie
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return False
        return stat.rpartition(")")[2].split()[0] not in ("Z", "X")
