"""Ctrl-C, a scheduler's SIGTERM and a lost terminal's SIGHUP ask for a stop: at the next step, once the
checkpoint is written."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import torch
from torch import distributed

from backbones.base.errors import UserError
from harness.signals import answered_by

if TYPE_CHECKING:
    from lightning_fabric import Fabric


class Stopped(UserError):
    """The run was asked to stop; its checkpoint is written."""

    exit_code = 130


class StopFlag:
    """Set by a signal. A second Ctrl-C interrupts at once."""

    def __init__(self) -> None:
        self.set = False
        self._terminals: list[int] = []

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Takes the signals over, and gives them back."""
        self._terminals = [descriptor for descriptor in (1, 2) if os.isatty(descriptor)]
        with answered_by(self._ask):
            yield

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.set and number == signal.SIGINT:
            raise KeyboardInterrupt
        if number == signal.SIGHUP:
            self._leave_terminal()
        self.set = True

    def _leave_terminal(self) -> None:
        """To print where a terminal was is an error, which would end the run before its checkpoint."""
        with Path(os.devnull).open("wb") as nowhere:
            for descriptor in self._terminals:
                os.dup2(nowhere.fileno(), descriptor)

    def agreed(self, fabric: Fabric) -> bool:
        """Whether any process was asked: all must stop at the same step, or the others wait forever."""
        return on_any_process(fabric, self.set)


def on_any_process(fabric: Fabric, here: bool) -> bool:
    """Whether it holds on any process; every process has to ask at the same point."""
    if fabric.world_size == 1:
        return here
    found = torch.tensor(float(here), device=fabric.device)
    distributed.all_reduce(found)
    return found.item() > 0
