"""TensorBoard events of a run (`--tensorboard`); `events.jsonl` has the same numbers without it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backbones.base.errors import UserError

if TYPE_CHECKING:
    from harness.record.schema import Record
    from harness.training.progress import Progress


def check_tensorboard(wanted: bool) -> None:
    """Raises before anything starts, not after hours of training, where it cannot be done."""
    if wanted and importlib.util.find_spec("tensorboardX") is None:
        raise UserError(
            "--tensorboard needs the package tensorboardX: pip install 'mbd-harness[tensorboard]'; "
            "without it events.jsonl has the same numbers"
        )


class Board:
    """Scalars in the folder `path`, by step. A resumed run takes back what it repeats."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer: Any = None

    def training(self, progress: Progress) -> None:
        numbers = {"train/lr": progress.lr, "train/videos_per_s": progress.videos_per_s}
        numbers |= {f"loss/{name}": value for name, value in progress.losses.items()}
        numbers |= {f"accuracy/{name}": value for name, value in progress.accuracy.items()}
        numbers |= {f"statistic/{name}": value for name, value in progress.stats.items()}
        self._write(numbers, progress.step, since=progress.step)

    def results(self, record: Record, steps: int) -> None:
        """Video accuracies in percent after the last step, and the end of the file."""
        metrics = record.metrics
        numbers = {f"test/{name}": scores.top1.percent for name, scores in metrics.fusion.items()}
        numbers |= {"test/local": metrics.local.top1.percent, "test/global": metrics.glob.top1.percent}
        self._write(numbers, steps)
        self._writer.close()

    def _write(self, numbers: dict[str, float], step: int, since: int | None = None) -> None:
        """since: the first step of this session; what an earlier one wrote from there on is void."""
        if self._writer is None:
            from tensorboardX import SummaryWriter

            self._writer = SummaryWriter(str(self.path), purge_step=since, flush_secs=10)
        for name, value in numbers.items():
            self._writer.add_scalar(name, value, step)
