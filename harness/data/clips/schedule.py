"""How many steps a training has: whole batches of the training videos, epoch after epoch."""

from __future__ import annotations

from dataclasses import dataclass

from backbones.base.errors import UsageError
from backbones.base.plain_text import counted


@dataclass(frozen=True)
class TrainingSchedule:
    """A training of `epochs` passes over `videos` videos, `batch_size` of them in a step over all processes.

    The last incomplete batch of an epoch is left out.
    """

    videos: int
    batch_size: int
    epochs: int

    def check(self, kept: str = "") -> None:
        """A UsageError where the videos do not fill one batch. kept: words on videos that are not trained on,
        after their number."""
        if not 1 <= self.batch_size <= self.videos:
            most = self.videos
            raise UsageError(
                f"batch of {self.batch_size} from {most} training videos{kept}; expected 1 to {most}: "
                f"--set train.batch_size={most} (of a preset's pre-training: "
                f"pretraining.both.train.batch_size={most}), or more training videos"
            )

    @property
    def per_epoch(self) -> int:
        """Steps of an epoch."""
        self.check()
        return self.videos // self.batch_size

    @property
    def left_over(self) -> int:
        """Videos that an epoch leaves out; each epoch is shuffled anew, so they are others each time."""
        return self.videos % self.batch_size

    def left_over_said(self) -> str:
        """A line where that is more than a third of the videos."""
        if 3 * self.left_over <= self.videos:
            return ""
        return (
            f"{counted(self.per_epoch, 'step')} an epoch: {self.left_over} of {self.videos} training videos "
            "are left over in each, others each time: a batch is whole, and a smaller one leaves fewer "
            f"(--set train.batch_size=N, now {self.batch_size})"
        )

    @property
    def steps(self) -> int:
        """Steps of the whole training."""
        return self.epochs * self.per_epoch
