"""Training: an explicit loop. All that is random is a function of (seed, step), so it resumes at the step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from backbones.base.errors import UserError
from harness.data.clips.network_input import NetworkInput
from harness.data.clips.sample import seed_of
from harness.record.events import Events
from harness.training.finite import check_weights
from harness.training.optimization.average import WeightAverage
from harness.training.optimization.plateau import Plateau
from harness.training.optimization.rates import RateSchedule
from harness.training.plan import TrainingPlan
from harness.training.progress import Progress
from harness.training.state import CheckpointPolicy, TrainingState, resume, save
from harness.training.stopping import Stopped, on_any_process
from harness.training.training_step import Batch, Learner
from methods.contract import Method

if TYPE_CHECKING:
    from lightning_fabric import Fabric

LOG_EVERY = 10


@dataclass(frozen=True)
class Trainer:
    """One run's training.

    method: on its device, not yet wrapped. loader(first_step): batches of this process from that step on.
    names: ids of the training videos. report: is told of the progress. stop_asked: whether to end after this
    step. validate: the loss on validation videos, for a rate that follows it.
    """

    fabric: Fabric
    method: Method
    plan: TrainingPlan
    inputs: NetworkInput
    loader: Callable[[int], Iterable[Batch]]
    names: Sequence[str]
    checkpoints: CheckpointPolicy
    events: Events
    report: Callable[[Progress], None]
    stop_asked: Callable[[], bool]
    validate: Callable[[], float] | None = None

    def run(self) -> TrainingState:
        """Trains to the last step, from wherever the run was."""
        learner, rates = self._set_up()
        steps = self.plan.schedule.steps
        kept = learner.average, rates.plateau
        state = resume(self.checkpoints, steps, self.method, learner.optimizers, *kept)
        self.events.rewind(state.step)
        self.fabric.barrier()  # the next checkpoint may replace what another process still reads
        state.clock.sessions += 1
        self.method.train()
        if state.step < steps:
            self._train(learner, rates, state)
        return state

    def _set_up(self) -> tuple[Learner, RateSchedule]:
        """The method and its optimizers as Fabric runs them."""
        chosen, schedule = self.plan.optimization, self.plan.schedule
        optimizers = chosen.optimizers(self.method)
        plateau = Plateau(chosen.plateau) if chosen.plateau else None
        rates = RateSchedule.of(optimizers, schedule.steps, chosen.warmup_steps, plateau)
        module, *wrapped = self.fabric.setup(self.method, *optimizers)
        learner = Learner(
            fabric=self.fabric,
            method=self.method,
            module=module,
            optimizers=wrapped,
            inputs=self.inputs,
            micro_batch=max(1, self.plan.micro_batch // self.fabric.world_size),
            clip_norm=chosen.clip_norm,
            average=WeightAverage(self.method, chosen.ema) if chosen.ema else None,
            mixing=self.plan.mixing,
        )
        return learner, rates

    def _train(self, learner: Learner, rates: RateSchedule, state: TrainingState) -> None:
        steps, saved = self.plan.schedule.steps, time.monotonic()
        batches = iter(self.loader(state.step))
        while state.step < steps:
            rates.apply(learner.optimizers, state.step)
            self._one_step(learner, rates, state, batches)
            self._follow(rates, state)
            if state.step == steps:
                check_weights(self.method, self.inputs.dtype != torch.float32)
            stop = self.stop_asked()
            # Clocks differ, and all processes must save at the same step.
            due = on_any_process(self.fabric, time.monotonic() - saved > self.checkpoints.every_s)
            if stop or (due and state.step < steps):
                self._save(state, learner, rates)
                saved = time.monotonic()
            if stop:
                then = "goes on from there" if state.step < steps else "tests what was trained"
                raise Stopped(f"stopped after step {state.step} of {steps}; the same command {then}")
        self._save(state, learner, rates)

    def _follow(self, rates: RateSchedule, state: TrainingState) -> None:
        """After an epoch, where rates follow the loss on validation videos."""
        schedule = self.plan.schedule
        if rates.plateau and state.step % schedule.per_epoch == 0 and state.step < schedule.steps:
            assert self.validate
            loss = self.validate()
            rates.plateau.see(loss)
            self.events.add("validation", step=state.step, loss=loss, scale=rates.plateau.scale)

    def _one_step(
        self, learner: Learner, rates: RateSchedule, state: TrainingState, batches: Iterator[Batch]
    ) -> None:
        step, schedule = state.step, self.plan.schedule
        begun = time.monotonic()
        batch = next(batches)
        waited = time.monotonic() - begun
        self._note_failed(batch, state)
        self.method.begin(step, schedule.steps, schedule.per_epoch)
        torch.manual_seed(seed_of(self.plan.seed, "step", step, self.fabric.global_rank))
        outcome = learner.learn(batch, step)
        took = time.monotonic() - begun
        videos = len(batch["label"]) * self.fabric.world_size
        state.advance(outcome, videos, took, waited)
        if state.step % LOG_EVERY == 0 or state.step == schedule.steps:
            self._report(state, rates)

    def _note_failed(self, batch: Batch, state: TrainingState) -> None:
        state.failed.update((self.names[position], reason) for position, reason in batch["failed"])
        for position, *counts in batch.get("damaged", ()):
            state.note_damaged(self.names[position], *counts)
        if len(batch["label"]) == 0:
            name, reason = next(iter(state.failed.items()))
            raise UserError(f"every video of a batch failed to decode: {name} ({reason})")

    def _report(self, state: TrainingState, rates: RateSchedule) -> None:
        schedule = self.plan.schedule
        means = state.window.close()
        statistics, shares = means.of("stat:"), set(self.method.shares)
        progress = Progress(
            step=state.step,
            steps=schedule.steps,
            epoch=(state.step - 1) // schedule.per_epoch + 1,
            lr=rates.rate(state.step - 1, self.plan.optimization.lr),
            losses=means.of("loss:"),
            accuracy=means.of("accuracy:"),
            stats={name: value for name, value in statistics.items() if name in shares},
            videos_per_s=means.videos_per_s,
            data_wait_share=means.data_wait_share,
            eta_s=(schedule.steps - state.step) * schedule.batch_size / max(means.videos_per_s, 1e-9),
            numbers={name: value for name, value in statistics.items() if name not in shares},
        )
        self.events.add("train", **vars(progress))
        self.report(progress)

    def _save(self, state: TrainingState, learner: Learner, rates: RateSchedule) -> None:
        """After the last step the method's weights are their average, where one is kept."""
        average = learner.average
        if average and state.step == self.plan.schedule.steps:
            average.give(self.method)
            average = None
        if self.fabric.global_rank == 0:
            self.events.sync()
            save(self.checkpoints.path, state, self.method, learner.optimizers, average, rates.plateau)
        self.fabric.barrier()
