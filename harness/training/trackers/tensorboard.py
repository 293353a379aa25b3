"""TensorBoard events in the folder `tensorboard` of a run; `events.jsonl` has the same numbers without it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.training.trackers.contract import About

NAME = "tensorboard"


class TensorBoard:
    """Scalars by step. A resumed run takes back what it repeats."""

    def __init__(self) -> None:
        self._writer: Any = None

    def start(self, about: About, known: str | None, since: int | None) -> str:
        from tensorboardX import SummaryWriter

        self._writer = SummaryWriter(str(about.folder / NAME), purge_step=since, flush_secs=10)
        return NAME

    def log(self, numbers: Mapping[str, float], step: int) -> None:
        for name, value in numbers.items():
            self._writer.add_scalar(name, value, step)

    def finish(self) -> None:
        self._writer.close()
