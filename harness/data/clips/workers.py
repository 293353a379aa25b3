"""Decoding processes of a loader: how each starts, and what is said when one ends before its time."""

from __future__ import annotations

import errno
import multiprocessing.queues
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

import torch
from torch.utils.data import DataLoader

from backbones.base.errors import UserError

NO_DESCRIPTORS = "too many open files"
NO_MEMORY = ("bus error", "no space left", "shared memory")


class Watched:
    """A loader whose worker's end, or whose want of descriptors or of shared memory, is one line."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        self.loader = loader

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self.loader
        except (RuntimeError, OSError) as error:
            if (said := explained(error)) is None:
                raise
            raise UserError(said) from None


def explained(error: Exception) -> str | None:
    """What to do about an error of the operating system's that a loader met; None for any other error."""
    text = str(error).lower()
    if getattr(error, "errno", None) in (errno.EMFILE, errno.ENFILE) or NO_DESCRIPTORS in text:
        return (
            "the loading of clips ran out of file descriptors: raise their number (ulimit -n), or give "
            "--workers 0; the same command goes on"
        )
    if any(words in text for words in NO_MEMORY):
        return (
            "the loading of clips ran out of shared memory: enlarge /dev/shm (docker run --shm-size), or "
            "give --workers 0; the same command goes on"
        )
    if "dataloader worker" in text and ("exited" in text or "killed" in text):
        return (
            f"a process that loads clips ended ({str(error).splitlines()[0]}): the machine may be short of "
            "memory or of file descriptors; fewer --workers need less, and the same command goes on"
        )
    return None


def start_worker(worker: int) -> None:
    """Workers share the cores, so threads inside each would only compete.

    A stop sent to the whole process group (Ctrl-C, a scheduler) is for the trainer, which ends its workers
    itself once the checkpoint is written.
    """
    torch.set_num_threads(1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # A batch that cannot be sent would be lost without a word, and the trainer would wait for it for ever.
    multiprocessing.queues.Queue._on_queue_feeder_error = staticmethod(_end)  # type: ignore[attr-defined]


def _end(error: Exception, batch: object) -> None:
    print(f"a process that loads clips cannot send them: {error}", file=sys.stderr, flush=True)
    os._exit(1)
