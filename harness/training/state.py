"""What changes while a run trains, and how a checkpoint keeps it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import torch
from pydantic import BaseModel, Field, NonNegativeInt, ValidationError

import harness
from backbones.base.errors import UserError
from harness.config.typed.validation_messages import first_error
from harness.record import checkpoint
from harness.record.software.commit import code
from harness.training.optimization.average import WeightAverage
from harness.training.optimization.plateau import Plateau
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

    step: how many are done. failed: why each training video that failed could not be decoded. damaged: by
    video, the most (concealed, skipped) frames of one reading, of those with any. window: what is reported
    next. code: the versions of the harness that trained, this one last. replaces_damaged: whether the newest
    checkpoint on the disk is no good.
    """

    step: int = 0
    clock: Clock = field(default_factory=Clock)
    failed: dict[str, str] = field(default_factory=dict)
    damaged: dict[str, tuple[int, int]] = field(default_factory=dict)
    window: Window = field(default_factory=Window)
    code: list[str] = field(default_factory=list)
    replaces_damaged: bool = False

    def advance(self, values: dict[str, float], videos: int, took: float, waited: float) -> None:
        """One more step is done, which gave `values`. took, waited: seconds, the latter for clips."""
        self.step += 1
        self.clock.train += took
        self.clock.wait += waited
        self.clock.videos += videos
        self.window.add(values, videos, took, waited)

    def note_damaged(self, name: str, concealed: int, skipped: int) -> None:
        """Of one reading of a video; which of its frames that meets depends on the epoch."""
        before = self.damaged.get(name, (0, 0))
        self.damaged[name] = max(before[0], concealed), max(before[1], skipped)


@dataclass(frozen=True)
class CheckpointPolicy:
    """Where a run's checkpoint is, and how many seconds may pass until it is written again.

    tell: is given a line where another one than the newest is taken, or one of another version.
    """

    path: Path
    every_s: float = 60.0
    tell: Callable[[str], None] = lambda line: None


def save(
    path: Path,
    state: TrainingState,
    method: Method,
    optimizers: Optimizers,
    average: WeightAverage | None = None,
    plateau: Plateau | None = None,
) -> None:
    """Writes the checkpoint. average: of the weights, plateau: of the schedule, where the run has one."""
    tree = {
        "step": state.step,
        "method": method.state_dict(),
        "optimizer": optimizers[0].state_dict(),
        "other_optimizers": [each.state_dict() for each in optimizers[1:]],
        "clock": asdict(state.clock),
        "failed": state.failed,
        "damaged": state.damaged,
        "window": asdict(state.window),
        "code": state.code,
    }
    tree |= {"average": average.state()} if average else {}
    tree |= {"plateau": plateau.state()} if plateau else {}
    checkpoint.save(path, tree, keep=not state.replaces_damaged)
    state.replaces_damaged = False


def resume(
    policy: CheckpointPolicy,
    steps: int,
    method: Method,
    optimizers: Optimizers,
    average: WeightAverage | None = None,
    plateau: Plateau | None = None,
) -> TrainingState:
    """The state in the checkpoint, whose tensors go to the other arguments; a new one where there is none.

    After the last step the average is in the method itself. Where the checkpoint is damaged the one before
    is taken, which is told, and so is the other version that began the run.

    Raises UserError where they do not fit: an interrupted run of a version that trained other parameters.
    """
    found = _newest(policy)
    if found is None:
        return TrainingState(code=[this_code()])
    path, tree = found
    try:
        state = kept_state(tree, steps)
        _load(tree, method, optimizers)
        if average and "average" in tree:
            average.load(tree["average"])
        if plateau:
            plateau.load(tree["plateau"])
    except (LookupError, ValueError, RuntimeError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path} does not fit this version of the harness ({str(error).splitlines()[0]}); start the run "
            "again with --restart"
        ) from None
    state.replaces_damaged = path != policy.path
    _say_other_code(policy, state)
    return state


def _newest(policy: CheckpointPolicy) -> tuple[Path, dict[str, Any]] | None:
    """The newest checkpoint that is whole, and where it lies; None where the run has none."""
    damaged, earlier = None, checkpoint.before(policy.path)
    try:
        tree = checkpoint.read(policy.path)
    except checkpoint.Damaged as error:
        tree, damaged = None, error
    if tree is not None:
        return policy.path, tree
    try:
        tree = checkpoint.read(earlier)
    except checkpoint.Damaged as error:
        raise damaged or error from None
    if tree is None:
        if damaged:
            raise damaged
        return None
    policy.tell(f"warning: {policy.path} is damaged or gone: going on from the one before it")
    return earlier, tree


class Kept(BaseModel):
    """What a checkpoint says besides tensors; the last three are not in those of the first release."""

    step: Annotated[int, Field(ge=0, strict=True)]
    clock: Clock
    failed: dict[str, str]
    damaged: dict[str, tuple[NonNegativeInt, NonNegativeInt]] = {}
    window: Window = Field(default_factory=Window)
    code: list[str] = []


def kept_state(tree: Mapping[str, Any], steps: int) -> TrainingState:
    """From a checkpoint of a training of so many steps; a `ValueError` says what cannot be."""
    try:
        kept = Kept.model_validate({name: tree[name] for name in Kept.model_fields if name in tree})
    except ValidationError as error:
        first = first_error(error)
        raise ValueError(first.line) from None
    if kept.step > steps:
        raise ValueError(f"step: {kept.step} of {steps}")
    times = kept.clock.train, kept.clock.wait, kept.window.took, kept.window.waited
    if not all(math.isfinite(value) and value >= 0 for value in times):
        raise ValueError("clock: expected seconds")
    return TrainingState(kept.step, kept.clock, kept.failed, kept.damaged, kept.window, kept.code)


def this_code() -> str:
    """The harness that trains, in words: its release, and the commit where that is known."""
    found = code()
    commit = f", commit {found.commit[:12]}" if found.commit else ""
    return f"{harness.__version__}{commit}" + " with changes" * bool(found.dirty)


def _say_other_code(policy: CheckpointPolicy, state: TrainingState) -> None:
    """And notes it for the record: what two versions made is not what either would have made."""
    here, last = this_code(), state.code[-1] if state.code else "an older one"
    if here != last:
        policy.tell(f"warning: this run was begun by another version of the harness ({last}); this is {here}")
        state.code = [*(state.code or [last]), here]


def _load(tree: Mapping[str, Any], method: Method, optimizers: Optimizers) -> None:
    method.load_state_dict(tree["method"])
    kept = [tree["optimizer"], *tree.get("other_optimizers", [])]
    for optimizer, values in zip(optimizers, kept, strict=True):
        _check_shapes(optimizer, values["state"])
        optimizer.load_state_dict(values)


def _check_shapes(optimizer: torch.optim.Optimizer, state: Mapping[int, Mapping[str, Any]]) -> None:
    """What an optimizer keeps of a parameter is one number, or of its shape; it does not look itself."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for number, values in state.items():
        for name, value in values.items():
            if isinstance(value, torch.Tensor) and value.dim() and value.shape != parameters[number].shape:
                shapes = f"{tuple(value.shape)} of a parameter {tuple(parameters[number].shape)}"
                raise ValueError(f"optimizer: {name} {shapes}")
