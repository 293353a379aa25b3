"""The main job: from a configuration to a record."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

import torch

from backbones.base.errors import UsageError, UserError
from harness.config.schema import Config
from harness.console.console import Screen
from harness.data.index import video_facts
from harness.execution import evaluate_streams, train_streams
from harness.execution.build_record import Failed, build_record
from harness.execution.crossfit import cross_fit
from harness.execution.dry_run import announcement, foretell, plan
from harness.execution.job import Job, Launch
from harness.execution.prepare import prepare
from harness.files import nearest_there, write_json
from harness.record.folder import RunFolder
from harness.training import processes as launch
from harness.training.stopping import Stopped
from harness.training.streams import from_runs

if TYPE_CHECKING:
    from lightning_fabric import Fabric


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
    if launched.dry_run:
        return _rehearse(job, screen)
    fabric = launch.fabric(job.device, job.streams.method.sometimes_idle)
    job.streams.method.to(fabric.device)
    screen.say(announcement(job, foretell(job)))
    screen.rich.quiet = screen.rich.quiet or fabric.global_rank != 0
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


def _rehearse(job: Job, screen: Screen) -> RunFolder:
    """A dry run: the time that the run would take, and its plan."""
    launch.enough_threads()
    job.streams.method.to(launch.own_device(job.device))
    expected = foretell(job)
    screen.say(announcement(job, expected))
    if screen.rich.stderr:  # stdout is for JSON
        print(json.dumps(plan(job, expected), ensure_ascii=False))
    screen.say("dry run: nothing was trained, and no run was written")
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


def make_run(job: Job, fabric: Fabric) -> None:
    """Trains, tests, scores, writes the record last."""
    if fabric.global_rank == 0:
        job.folder.broken.unlink(missing_ok=True)
        write_json(job.folder.videos, video_facts(job.index))
        from_runs.write_trained(job.folder.trained, job.index, job.sources)
        write_json(job.folder.config, job.config.plain())
        _say_where_it_begins(job)
    fabric.barrier()
    trainer = train_streams.trainer(job, fabric)
    with train_streams.running(job, fabric):
        with job.screen.progress("train", job.steps):
            trainer.run()
        crossed = cross_fit(job, fabric)
        tested, held = (
            evaluate_streams.test(job, fabric),
            crossed or evaluate_streams.hold_out_outputs(job, fabric),
        )
    failed: Failed = {"train": _gathered(trainer.failed, fabric), "test": tested.stored.reasons}
    if held and not crossed:  # videos of folds are training videos, listed there
        failed["holdout"] = held.stored.reasons
    if fabric.global_rank == 0:
        record = build_record(job, trainer, tested, held, failed)
        write_json(job.folder.failed_videos, failed)
        if job.board:
            job.board.results(record, job.steps)
        write_json(job.folder.record_path, record.model_dump(mode="json"))
    fabric.barrier()


def _say_where_it_begins(job: Job) -> None:
    if job.folder.checkpoint.exists():
        job.screen.say("going on from the run's checkpoint")
    elif job.folder.events.exists():
        job.screen.say("this run was stopped before its first checkpoint: it starts from step 0")


def _gathered(failed: dict[str, str], fabric: Fabric) -> dict[str, str]:
    """The training videos that failed on any process."""
    if fabric.world_size == 1:
        return failed
    parts: list[Any] = [None] * fabric.world_size
    torch.distributed.all_gather_object(parts, failed)
    return {name: reason for part in parts for name, reason in part.items()}
