"""The main job: from a configuration to a record."""

from __future__ import annotations

import datetime
import json
import os
from contextlib import nullcontext, suppress
from dataclasses import asdict
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import nn

import harness
from backbones.errors import UsageError, UserError
from harness import compiling, launch, pretrained, tensorboard, testing, training
from harness import device as devices
from harness.config import Config
from harness.costs import costs
from harness.crossfit import cross_fit, fold_steps
from harness.data.flow_clips import check_flow
from harness.data.holdout import hold_out
from harness.data.index import VideoIndex, video_facts
from harness.data.loader import steps_per_epoch
from harness.data.registry import open_index
from harness.estimate import Estimate, estimate
from harness.files import nearest_there, write_json
from harness.fusing import LEAST, check_fusion
from harness.identity import run_id
from harness.job import Job, Launch
from harness.names import labels
from harness.plugins import facts, used
from harness.record import DataFacts, Record, Timings
from harness.runs import RunFolder
from harness.score import score
from harness.screen import Screen, duration
from harness.stopping import Stopped
from harness.streams import Streams, make
from harness.testing import Tested
from harness.train import Trainer

SELECTION = "last epoch"


def execute(config: Config, launched: Launch, screen: Screen) -> RunFolder:
    """Makes the run, or goes on with it, or finds it finished. A dry run stops before anything is written."""
    screen.config(config)
    _check_writable(launched)
    job = prepare(config, launched, screen)
    if launched.restart and not launched.dry_run and launch.is_first():
        job.folder.forget()
    if job.folder.finished:
        job.folder.record()  # one that cannot be read is said, and nothing else
        screen.say(f"run {job.folder.id} is finished already; --restart makes it again")
        return job.folder
    fabric = launch.fabric(job.device, job.streams.method.sometimes_idle)
    job.streams.method.to(fabric.device)
    expected = foretell(job)
    screen.say(_foretold(job, expected))
    if launched.dry_run:
        if screen.console.stderr:  # stdout is for JSON
            print(json.dumps(_plan(job, expected), ensure_ascii=False))
        screen.say("dry run: nothing was trained, and no run was written")
        return job.folder
    screen.console.quiet = screen.console.quiet or fabric.global_rank != 0
    with job.folder.locked() if fabric.global_rank == 0 else nullcontext(), job.stop.listening():
        try:
            make_run(job, fabric)
        except Stopped:  # it was asked to, and goes on another time
            raise
        except UserError as error:
            if fabric.global_rank == 0:
                _note_failure(job.folder, str(error))
            raise
    return job.folder


def _note_failure(folder: RunFolder, why: str) -> None:
    """So that the run is listed as failed; where even that cannot be written, the failure itself is said."""
    with suppress(UserError, OSError):
        write_json(folder.broken, {"why": why})


def _check_writable(launched: Launch) -> None:
    """Before anything is timed: whether runs can be kept under `out`; nothing is left there."""
    nearest = nearest_there(launched.out)
    if not nearest.is_dir():
        raise UsageError(f"--out {launched.out}: '{nearest}' is a file; give a folder")
    if not launched.dry_run and not os.access(nearest, os.W_OK | os.X_OK):
        raise UserError(f"--out {launched.out}: nothing can be written in '{nearest}'; give another folder")


def prepare(config: Config, launched: Launch, screen: Screen) -> Job:
    """Finds the videos, builds the networks, names the run."""
    device = devices.choose(launched.device, config.precision)
    tensorboard.check(launched.tensorboard)
    compiling.check(device.kind, launched.compile)
    config, sources = pretrained.find(config, launched.out)
    index = open_index(config.data.dataset, launched.data_root, config.data.split, config.data.settings)
    if len(index.classes) < 2:
        raise UserError(f"only one class ({', '.join(index.classes)}): a classifier needs two or more")
    index = hold_out(index, config.fit.share)
    screen.videos(index)
    if 0 < len(index.holdout) < LEAST and not config.fit.folds:
        screen.say(
            f"warning: no rule can be fitted on {len(index.holdout)} held-out videos ({LEAST} are needed): "
            "--set fit.share=0 trains on them, a larger share may do for both"
        )
    fitted = len(index.train if config.fit.folds else index.holdout)
    check_fusion(config.method.fusion, fitted, config.test.store_maps, config.fit.folds > 0, config.fusion)
    per_epoch = steps_per_epoch(len(index.train), config.train.batch_size)
    pretrained.check_unseen(index, sources, config.fit.folds)
    begun = pretrained.trained(sources, config, index.classes)
    streams = make(config, len(index.classes), trained=begun)
    check_flow(streams.specs, index)
    _say_weights(streams, screen)
    resolved = _resolved(config, device, streams.method) | ({"compile": True} if launched.compile else {})
    hashes = {name: report.sha256 if report else None for name, report in streams.weights.items()}
    plugins = used(config)
    for plugin in plugins:
        screen.say(f"plug-in {plugin.name} ({plugin.source}), SHA-256 {plugin.sha256[:12]}")
    identities = [plugin.identity for plugin in plugins]
    folder = RunFolder(launched.out / run_id(config, resolved, hashes, index.fingerprint, identities))
    screen.say(f"device {device.kind}, precision {device.precision} ({device.why}); run {folder.id}")
    steps = config.train.epochs * per_epoch
    job = Job(config, launched, screen, device, index, streams, sources, resolved, folder, steps, per_epoch)
    if launched.tensorboard and launch.is_first():
        job.board = tensorboard.Board(folder.path / "tensorboard")
    return job


def make_run(job: Job, fabric: Fabric) -> None:
    """Trains, tests, scores, writes the record last."""
    if fabric.global_rank == 0:
        job.folder.broken.unlink(missing_ok=True)
        write_json(job.folder.videos, video_facts(job.index))
        pretrained.write_trained(job.folder.trained, job.index, job.sources)
        write_json(job.folder.config, job.config.plain())
        _say_where_it_begins(job)
    fabric.barrier()
    trainer = training.trainer(job, fabric)
    with training.running(job, fabric):
        with job.screen.progress("train", job.steps):
            trainer.run()
        crossed = cross_fit(job, fabric)
        tested, held = testing.test(job, fabric), crossed or testing.hold_out_outputs(job, fabric)
    failed = {"train": _gathered(trainer.failed, fabric), "test": tested.stored.reasons}
    if held and not crossed:  # videos of folds are training videos, listed there
        failed["holdout"] = held.stored.reasons
    if fabric.global_rank == 0:
        record = _record(job, trainer, tested, held, failed)
        write_json(job.folder.failed, failed)
        if job.board:
            job.board.results(record, job.steps)
        write_json(job.folder.record_path, record.model_dump(mode="json"))
    fabric.barrier()


def _record(
    job: Job, trainer: Trainer, tested: Tested, held: Tested | None, failed: dict[str, dict[str, str]]
) -> Record:
    index, config, clock = job.index, job.config, trainer.clock
    weights = {name: asdict(report) if report else None for name, report in job.streams.weights.items()}
    return Record(
        id=job.folder.id,
        harness_version=harness.__version__,
        finished=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        config=config.plain(),
        resolved=job.resolved,
        labels=labels(config.streams(), job.streams.method.unused),
        fusion=config.method.fusion,
        selection=SELECTION,
        data=_data_facts(index, failed),
        weights=weights,
        metrics=score(
            tested.stored,
            index.test,
            index.classes,
            held.stored if held else None,
            settings=config.fusion,
            crossed=config.fit.folds > 0,
        ),
        cost=costs(config, job.streams.method, job.streams.specs, len(index.classes), job.device),
        environment=devices.environment(job.device),
        timings=Timings(
            train_s=clock.train,
            test_s=tested.seconds,
            steps=job.steps,
            videos_per_s=clock.videos / max(clock.train, 1e-9),
            data_wait_share=clock.wait / max(clock.train, 1e-9),
            sessions=clock.sessions,
            cross_fit_s=held.seconds if held and config.fit.folds else 0.0,
        ),
        plugins=facts(used(config)),
    )


def _data_facts(index: VideoIndex, failed: dict[str, dict[str, str]]) -> DataFacts:
    held = {"holdout": len(index.holdout)} if index.holdout else {}
    return DataFacts(
        dataset=index.dataset,
        split=index.split,
        fingerprint=index.fingerprint,
        classes=list(index.classes),
        found={"train": len(index.train) + len(index.holdout), "test": len(index.test)} | held,
        expected={part: index.expected.get(part) for part in ("train", "test")},
        missing=list(index.missing),
        failed=failed,
        warnings=list(index.warnings),
    )


def _resolved(config: Config, device: devices.Device, method: nn.Module) -> dict[str, Any]:
    """What the configuration leaves open and a result depends on.

    batchnorm_batch: videos that BatchNorm sees together; each process has its own BatchNorm.
    """
    world, _ = launch.processes()
    micro = config.train.micro_batch or config.train.batch_size
    normalises = any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in method.modules())
    return {
        "precision": device.precision,
        "micro_batch": micro,
        "batchnorm_batch": micro // world if normalises else None,
    }


def foretell(job: Job) -> Estimate:
    """How long it will take here, by one timed step of its networks."""
    world, _ = launch.processes()
    folds = fold_steps(job)
    return estimate(
        job.streams.method,
        job.streams.specs,
        job.config,
        job.steps + sum(folds),
        len(job.index.test),
        len(job.index.train if folds else job.index.holdout),
        job.device.precision,
        world,
    )


def _say_where_it_begins(job: Job) -> None:
    if job.folder.checkpoint.exists():
        job.screen.say("going on from the run's checkpoint")
    elif job.folder.events.exists():
        job.screen.say("this run was stopped before its first checkpoint: it starts from step 0")


def _plan(job: Job, expected: Estimate) -> dict[str, Any]:
    """What a dry run tells, as plain types; seconds are estimated."""
    index = job.index
    return {
        "run": job.folder.id,
        "folder": str(job.folder.path),
        "config": job.config.plain(),
        "found": {"train": len(index.train), "holdout": len(index.holdout), "test": len(index.test)},
        "expected": dict(index.expected),
        "missing": list(index.missing),
        "classes": len(index.classes),
        "steps": job.steps + sum(fold_steps(job)),
        "train_s": expected.train_s,
        "test_s": expected.test_s,
    }


def _foretold(job: Job, expected: Estimate) -> str:
    folds = fold_steps(job)
    price = (
        f"cross-fitting in {len(folds)} folds: {len(folds) + 1} trainings instead of 1, "
        f"{sum(folds)} steps beside the {job.steps}\n"
    )
    steps = job.steps + sum(folds)
    return (price if folds else "") + (
        f"estimated time: {duration(expected.total_s)} ({steps} steps {duration(expected.train_s)}, "
        f"test {duration(expected.test_s)}), from one timed step on this machine"
        + ("; compiling the streams comes on top, minutes on a CPU" if job.launch.compile else "")
    )


def _say_weights(streams: Streams, screen: Screen) -> None:
    for name, report in streams.weights.items():
        if report:
            screen.say(
                f"{name} weights: {report.source}, {len(report.loaded)} tensors loaded, "
                f"{len(report.skipped)} skipped, {len(report.missing)} missing, SHA-256 {report.sha256[:12]}"
            )


def _gathered(failed: dict[str, str], fabric: Fabric) -> dict[str, str]:
    """The training videos that failed on any process."""
    if fabric.world_size == 1:
        return failed
    parts: list[Any] = [None] * fabric.world_size
    torch.distributed.all_gather_object(parts, failed)
    return {name: reason for part in parts for name, reason in part.items()}
