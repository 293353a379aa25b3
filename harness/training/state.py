"""What changes while a run trains, and how a checkpoint keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from backbones.base.errors import UserError
from harness.record import checkpoint
from harness.training.optimization.average import WeightAverage
from harness.training.progress import Window
from methods.contract import Method

Optimizers = Sequence[torch.optim.Optimizer]


@dataclass
class Clock:
    """Seconds of this and earlier sessions of a run. wait: for clips."""

    train: float = 0.0
    wait: float = 0.0
    videos: int = 0
    sessions: int = 0


@dataclass
class TrainingState:
    """All that changes in a training besides the parameters and what the optimizers keep.

    step: how many are done. failed: why each training video that failed could not be decoded. window: what
    is reported next.
    """

    step: int = 0
    clock: Clock = field(default_factory=Clock)
    failed: dict[str, str] = field(default_factory=dict)
    window: Window = field(default_factory=Window)

    def advance(self, values: dict[str, float], videos: int, took: float, waited: float) -> None:
        """One more step is done, which gave `values`. took, waited: seconds, the latter for clips."""
        self.step += 1
        self.clock.train += took
        self.clock.wait += waited
        self.clock.videos += videos
        self.window.add(values, videos, took, waited)


@dataclass(frozen=True)
class CheckpointPolicy:
    """Where a run's checkpoint is, and how many seconds may pass until it is written again."""

    path: Path
    every_s: float = 60.0


def save(
    path: Path,
    state: TrainingState,
    method: Method,
    optimizers: Optimizers,
    average: WeightAverage | None = None,
) -> None:
    tree = {
        "step": state.step,
        "method": method.state_dict(),
        "optimizer": optimizers[0].state_dict(),
        "other_optimizers": [each.state_dict() for each in optimizers[1:]],
        "clock": asdict(state.clock),
        "failed": state.failed,
    } | ({"average": average.state()} if average else {})
    checkpoint.save(path, tree)


def resume(
    path: Path, method: Method, optimizers: Optimizers, average: WeightAverage | None = None
) -> TrainingState:
    """The state in the checkpoint, whose tensors go to the other arguments; a new one where there is none.

    After the last step the average is in the method itself.

    Raises UserError where they do not fit: an interrupted run of a version that trained other parameters.
    """
    tree: dict[str, Any] | None = checkpoint.read(path)
    if tree is None:
        return TrainingState()
    try:
        _load(tree, method, optimizers)
        if average and "average" in tree:
            average.load(tree["average"])
    except (KeyError, ValueError, RuntimeError) as error:
        raise UserError(
            f"{path} does not fit this version of the harness ({str(error).splitlines()[0]}); start the run "
            "again with --restart"
        ) from None
    return TrainingState(int(tree["step"]), Clock(**tree["clock"]), dict(tree["failed"]))


def _load(tree: dict[str, Any], method: Method, optimizers: Optimizers) -> None:
    method.load_state_dict(tree["method"])
    kept = [tree["optimizer"], *tree.get("other_optimizers", [])]
    for optimizer, values in zip(optimizers, kept, strict=True):
        optimizer.load_state_dict(values)
