"""Ctrl-C and a scheduler's SIGTERM ask for a stop: at the next step, once the checkpoint is written."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import torch
from torch import distributed

from backbones.base.errors import UserError

if TYPE_CHECKING:
    from lightning_fabric import Fabric


class Stopped(UserError):
    """The run was asked to stop; its checkpoint is written."""

    exit_code = 130


class StopFlag:
    """Set by a signal. A second Ctrl-C interrupts at once."""

    def __init__(self) -> None:
        self.set = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Takes the two signals over, and gives them back."""
        before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.set and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.set = True

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
