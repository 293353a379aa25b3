"""Training: an explicit loop. All that is random is a function of (seed, step), so it resumes at the step."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, distributed, nn

from backbones.base.errors import UserError
from backbones.base.plugins import PLUGINS
from backbones.spec import InputSpec
from harness.config.schema import StreamConfig, TrainConfig
from harness.data.clips.sample import seed_of
from harness.data.clips.transform import normalise
from harness.record import checkpoint
from harness.record.events import Events
from harness.training.progress import Progress, Window
from harness.training.rates import learning_rate, rate_factors, scale_rates
from harness.training.stopping import Stopped
from methods.contract import STREAMS, Losses, Method, Step

if TYPE_CHECKING:
    from lightning_fabric import Fabric

LOG_EVERY = 10


@dataclass
class Clock:
    """Seconds of this and earlier sessions of a run."""

    train: float = 0.0
    wait: float = 0.0
    videos: int = 0
    sessions: int = 0


@dataclass
class Trainer:
    """One run's training.

    method: on its device, not yet wrapped. specs: of the streams, with the weights' mean and std.
    streams: their configurations, for the factors of their learning rates.
    loader(first_step): batches of this process from that step on. names: ids of the training videos.
    steps: in all; per_epoch: of one epoch.
    """

    fabric: Fabric
    method: Method
    specs: dict[str, InputSpec]
    train: TrainConfig
    seed: int
    loader: Callable[[int], Any]
    names: Sequence[str]
    steps: int
    per_epoch: int
    path: Path
    events: Events
    show: Callable[[Progress], None]
    stop_asked: Callable[[], bool]
    streams: Mapping[str, StreamConfig] = field(default_factory=dict)
    dtype: torch.dtype = torch.float32
    checkpoint_every_s: float = 60.0
    clock: Clock = field(default_factory=Clock)
    failed: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        """Trains to the last step, from wherever the run was."""
        made = self.method.optimizers(self.train.lr, self.train.momentum, self.train.weight_decay)
        for optimizer in made:
            scale_rates(optimizer, rate_factors(self.method, self.streams))
        self.rates = [[group["lr"] for group in each.param_groups] for each in made]
        self.module, *self.optimizers = self.fabric.setup(self.method, *made)
        first = self._resume()
        self.method.train()
        self.clock.sessions += 1
        self.window = Window(first)
        saved = time.monotonic()
        batches = iter(self.loader(first)) if first < self.steps else iter(())
        for step in range(first, self.steps):
            self._one_step(step, batches)
            stop, due = self.stop_asked(), self._any(time.monotonic() - saved > self.checkpoint_every_s)
            if stop or due:
                self._save(step + 1)
                saved = time.monotonic()
            if stop:
                then = "goes on from there" if step + 1 < self.steps else "tests what was trained"
                raise Stopped(f"stopped after step {step + 1} of {self.steps}; the same command {then}")
        if first < self.steps:
            self._save(self.steps)

    def lr(self, step: int) -> float:
        """Cosine from lr to 0 over all steps, without restart, under a linear rise where one is set."""
        return learning_rate(step, self.steps, self.train.lr, self.train.warmup_steps)

    def _set_rates(self, step: int) -> None:
        """Every optimizer's rate by the same schedule, each from its own start."""
        for optimizer, rates in zip(self.optimizers, self.rates, strict=True):
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = learning_rate(step, self.steps, rate, self.train.warmup_steps)

    def _one_step(self, step: int, batches: Any) -> None:
        begun = time.monotonic()
        batch = next(batches)
        waited = time.monotonic() - begun
        self.failed.update((self.names[position], reason) for position, reason in batch["failed"])
        self._set_rates(step)
        self.method.begin(step, self.steps, self.per_epoch)
        torch.manual_seed(seed_of(self.seed, "step", step, self.fabric.global_rank))
        outcome = self._learn(batch)
        took = time.monotonic() - begun
        videos = len(batch["label"]) * self.fabric.world_size
        self.clock.train += took
        self.clock.wait += waited
        self.clock.videos += videos
        self.window.add(outcome, videos, took, waited)
        if (step + 1) % LOG_EVERY == 0 or step + 1 == self.steps:
            self._report(step + 1)

    def _learn(self, batch: dict[str, Any]) -> dict[str, float]:
        """Forward, backward and update on one batch; its named losses, accuracies and statistics."""
        labels = batch["label"].to(self.fabric.device)
        if len(labels) == 0:
            raise UserError("every video of a batch failed to decode: " + _first(self.failed))
        pieces = range(0, len(labels), self._micro())
        outcomes = []
        for start in pieces:
            part = slice(start, start + self._micro())
            clips = {name: self._input(name, batch[name][part]) for name in self.specs}
            last = start == pieces[-1]
            with self.fabric.no_backward_sync(self.module, enabled=not last):
                step: Step = self.module(clips, labels[part])
                _check_names(step.losses)
                share = len(labels[part]) / len(labels)
                total = torch.stack(list(step.losses.values())).sum()
                self.fabric.backward(total * share)
            outcomes.append({name: value * share for name, value in _scalars(step, labels[part]).items()})
        norm = torch.nn.utils.get_total_norm([p.grad for p in self.method.parameters() if p.grad is not None])
        values = {name: torch.stack([part[name] for part in outcomes]).sum() for name in outcomes[0]}
        numbers = self._over_processes(torch.stack([norm.float(), *values.values()])).tolist()
        if not all(math.isfinite(number) for number in numbers):
            found = dict(zip(values, numbers[1:], strict=True))
            raise UserError(_not_finite(self.method, found, self.dtype != torch.float32))
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        return dict(zip(values, numbers[1:], strict=True))

    def _over_processes(self, values: Tensor) -> Tensor:
        """The means over all processes: of the whole batch, and all stop where one breaks."""
        if self.fabric.world_size > 1:
            distributed.all_reduce(values)
            values = values / self.fabric.world_size
        return values

    def _any(self, here: bool) -> bool:
        """Whether it is so on any process: clocks differ, and all must save at the same step."""
        if self.fabric.world_size == 1:
            return here
        return bool(self._over_processes(torch.tensor(float(here), device=self.fabric.device)) > 0)

    def _micro(self) -> int:
        size = self.train.micro_batch or self.train.batch_size
        return max(1, size // self.fabric.world_size)

    def _input(self, stream: str, clip: Tensor) -> Tensor:
        spec = self.specs[stream]
        pixels = clip.to(self.fabric.device, non_blocking=True)
        return normalise(pixels, spec.mean, spec.std, self.dtype)

    def _report(self, step: int) -> None:
        mean, videos_per_s, wait = self.window.close(step)
        pick = {
            prefix: {
                name.removeprefix(prefix): value for name, value in mean.items() if name.startswith(prefix)
            }
            for prefix in ("loss:", "accuracy:", "stat:")
        }
        progress = Progress(
            step=step,
            steps=self.steps,
            epoch=(step - 1) // self.per_epoch + 1,
            lr=self.lr(step - 1),
            losses=pick["loss:"],
            accuracy=pick["accuracy:"],
            stats=pick["stat:"],
            videos_per_s=videos_per_s,
            data_wait_share=wait,
            eta_s=(self.steps - step) * self.train.batch_size / max(videos_per_s, 1e-9),
        )
        self.events.add("train", **vars(progress))
        self.show(progress)

    def _save(self, step: int) -> None:
        if self.fabric.global_rank == 0:
            state = {
                "step": step,
                "method": self.method.state_dict(),
                "optimizer": self.optimizers[0].state_dict(),
                "other_optimizers": [each.state_dict() for each in self.optimizers[1:]],
                "clock": vars(self.clock),
                "failed": self.failed,
            }
            checkpoint.save(self.path, state)
        self.fabric.barrier()

    def _resume(self) -> int:
        state = checkpoint.read(self.path)
        if state is None:
            return 0
        self.method.load_state_dict(state["method"])
        states = [state["optimizer"], *state.get("other_optimizers", [])]
        for optimizer, kept in zip(self.optimizers, states, strict=True):
            optimizer.load_state_dict(kept)
        self.clock = Clock(**state["clock"])
        self.failed = dict(state["failed"])
        self.events.rewind(state["step"])
        return int(state["step"])


def _scalars(step: Step, labels: Tensor) -> dict[str, Tensor]:
    hits = {name: (logits.argmax(dim=1) == labels).float().mean() for name, logits in step.logits.items()}
    return (
        {f"loss:{name}": value.detach() for name, value in step.losses.items()}
        | {f"accuracy:{name}": value for name, value in hits.items()}
        | {f"stat:{name}": value for name, value in step.stats.items()}
    )


def _check_names(losses: Losses) -> None:
    """Of a method that is not the harness's own: a term of no stream would stand in no column."""
    for name in losses:
        whose, _, term = name.partition("/")
        if whose not in (*STREAMS, "fused") or not term:
            raise UserError(f"loss term '{name}': expected '<stream>/<term>' or 'fused/<term>'")


def _not_finite(method: nn.Module, values: dict[str, float], half: bool) -> str:
    """Which loss terms and which layers' gradients are not finite. half: whether bf16 may be to blame."""
    terms = [name.removeprefix("loss:") for name, value in values.items() if not math.isfinite(value)]
    layers = [
        name for name, p in method.named_parameters() if p.grad is not None and not p.grad.isfinite().all()
    ]
    said = [f"loss {', '.join(terms)}"] if terms else []
    said += (
        [f"gradient of {layers[-1]}" + (f" and {len(layers) - 1} more" if layers[1:] else "")]
        if layers
        else []
    )
    tries = ["a smaller --lr", "smaller weights of these terms"] + ["--precision fp32"] * half
    advice = f"{', '.join(tries[:-1])} or {tries[-1]}"
    blame = f"; {plugin}" if (plugin := PLUGINS.hint()) else ""
    return f"training is not finite any more ({'; '.join(said)}); try {advice}{blame}"


def _first(failed: dict[str, str]) -> str:
    return next((f"{name} ({reason})" for name, reason in failed.items()), "no reason given")
