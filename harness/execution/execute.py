"""The main job: from a configuration to a record."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from backbones.base.errors import UserError
from harness.config.schema import Config
from harness.cost.estimate import Estimate
from harness.data.content import contents
from harness.data.content.hashes import Hashes
from harness.data.index import video_facts
from harness.execution.build_record import Failed, build_record
from harness.execution.crossfit import cross_fit
from harness.execution.dry_run import announcement, estimate_run, plan
from harness.execution.evaluate_streams import evaluate_held_out, evaluate_test, probe_lines
from harness.execution.job import Job, Launch
from harness.execution.prepare import prepare
from harness.execution.reporter import Reporter
from harness.execution.train_streams import running_streams, train
from harness.files import write_json
from harness.record import checkpoint, failures
from harness.record.consistency.seal import sealed
from harness.record.folder import REPLACED, RunFolder
from harness.record.making import check_held, drop_replaced, left_over, making, set_aside, tidy_finished
from harness.record.reading import tested as tested_record
from harness.training.determinism import deterministic
from harness.training.distributed import processes
from harness.training.distributed.lost import naming_the_lost
from harness.training.stopping import Stopped
from harness.training.streams import seen

if TYPE_CHECKING:
    from lightning_fabric import Fabric

Fact = TypeVar("Fact")


@dataclass(frozen=True)
class Outcome:
    """The run's folder; of a dry run also its plan, as plain types, unless the run is finished already."""

    folder: RunFolder
    plan: dict[str, Any] | None = None


def execute(config: Config, launch: Launch, reporter: Reporter) -> Outcome:
    """Makes the run, or goes on with it, or finds it finished. A dry run stops before anything is written."""
    job = prepare(config, launch, reporter)
    again = launch.restart or left_over(job.folder)
    if job.folder.finished and (launch.dry_run or not again):
        if not launch.dry_run:
            tidy_finished(job.folder)
        _say_finished(job)
        return Outcome(job.folder, plan(job, Estimate(0.0, 0.0)) if launch.dry_run else None)
    launch.check_writable()
    if job.folder.checkpoint.exists() and not again:
        _check_contents(job)
    if launch.dry_run:
        return _dry_run(job)
    fabric = processes.fabric(job.device, job.streams.method.sometimes_idle)
    first = fabric.global_rank == 0
    if not first:
        reporter.mute()
    with naming_the_lost(fabric), _making(job) if first else nullcontext(), job.stop.listening():
        if fabric.broadcast(_is_to_be_made(job) if first else None):
            job.streams.method.to(fabric.device)
            if launch.study is None:
                reporter.say(announcement(job, estimate_run(job)))
            _make_or_note_failure(job, fabric)
    return Outcome(job.folder)


def _making(job: Job) -> AbstractContextManager[None]:
    return making(job.folder, job.reporter.say if job.launch.wait else None)


def _is_to_be_made(job: Job) -> bool:
    """Asked by the process that holds the run; what a restart replaces is set aside."""
    if job.launch.restart:
        if set_aside(job.folder):
            kept = job.folder.path / REPLACED
            job.reporter.say(f"what was there is kept in {kept} until the new run is finished")
        return True
    if job.folder.finished:  # by another process meanwhile
        _say_finished(job)
    return not job.folder.finished


def _say_finished(job: Job) -> None:
    """A record that cannot be read, as one whose settings are not those of its id, is an error."""
    job.folder.run_record()
    job.reporter.say(
        f"run {job.folder.id} is already finished, skipped; --restart makes it again and then replaces it"
    )

    for line in contents.say_changed(_changed(job), job.folder.id):
        job.reporter.say(f"warning: {line}; the result is that of the earlier ones")


def _check_contents(job: Job, why: str = "going on would mix them;") -> None:
    """Raises where a training that was begun would go on with other videos under the same names, or where
    they became others while it was made and tested."""
    changed = _changed(job)
    lines = contents.say_changed(changed, job.folder.id)
    if changed.certain:
        raise UserError(f"{lines[0]}: {why} --restart makes the run from the start")
    for line in lines:
        job.reporter.say(f"warning: {line}")


def _changed(job: Job) -> contents.Changed:
    with Hashes() as hashes:
        return contents.compare(contents.read(job.folder.contents), contents.videos_of(job.index), hashes)


def _dry_run(job: Job) -> Outcome:
    """What the run would be, by one timed step in this process."""
    processes.enough_threads()
    job.streams.method.to(processes.own_device(job.device))
    expected = estimate_run(job)
    job.reporter.say(announcement(job, expected))
    job.reporter.say("dry run: nothing was trained, and no run was written")
    return Outcome(job.folder, plan(job, expected))


def _make_or_note_failure(job: Job, fabric: Fabric) -> None:
    try:
        with deterministic(job.launch.determinism):
            make_run(job, fabric)
    except Stopped:  # it was asked to, and goes on another time
        raise
    except UserError as error:
        if fabric.global_rank == 0:
            _note_failure(job.folder, str(error))
        raise
    finally:
        if job.trackers:
            job.trackers.close()


def _note_failure(folder: RunFolder, why: str) -> None:
    """So that the run is listed as failed; where that cannot be written, the failure alone is reported."""
    with suppress(UserError, OSError):
        write_json(folder.broken, {"why": why}, new_folder=False)


def make_run(job: Job, fabric: Fabric) -> None:
    """Trains, tests, scores, writes the record last."""
    if fabric.global_rank == 0:
        _begin_folder(job)
        _say_where_it_begins(job)
    fabric.barrier()
    with running_streams(job, fabric):
        trained = train(job, fabric)
        crossed = cross_fit(job, fabric)
        part = job.evaluation.part
        tested = None if part == "none" else evaluate_test(job, fabric)
        held = crossed or (evaluate_held_out(job, fabric) if tested else None)
    failed: Failed = {"train": _gathered(trained.failed, fabric)}
    trained.damaged = _gathered(trained.damaged, fabric)
    if tested and part != "none":
        failed[part] = tested.stored.reasons
    if held and not crossed:  # videos of folds are training videos, listed there
        failed["holdout"] = held.stored.reasons
    if fabric.global_rank == 0:
        _check_contents(
            job, "it is a run on neither: put the earlier ones back and give the same command, or"
        )
        record = build_record(job, trained, tested, held, failed)
        write_json(job.folder.failed_videos, failed, new_folder=False)
        if job.trackers and (scored := tested_record(record)):
            job.trackers.results(scored, job.steps)
        if tested and job.launch.study is None and (lines := probe_lines(job, fabric)):
            write_json(job.folder.probe, {"lines": lines}, new_folder=False)
        check_held(job.folder)
        write_json(job.folder.record_path, sealed(record.model_dump(mode="json")), new_folder=False)
        failures.clear(job.launch.out, job.facts.config)
        drop_replaced(job.folder)
        checkpoint.before(job.folder.checkpoint).unlink(missing_ok=True)
    fabric.barrier()


def _begin_folder(job: Job) -> None:
    """What a run's folder has from the start."""
    job.folder.broken.unlink(missing_ok=True)
    write_json(job.folder.videos, video_facts(job.index), new_folder=False)
    seen.write_trained(job.folder.trained, job.index, job.sources, job.foreign)
    if not job.folder.checkpoint.exists():
        _keep_contents(job)
    write_json(job.folder.config, job.facts.config, new_folder=False)


def _keep_contents(job: Job) -> None:
    with Hashes() as hashes:
        videos = contents.look(contents.videos_of(job.index), hashes)
    before = seen.contents_before(job.sources)
    contents.write(job.folder.contents, contents.Contents(videos, before))


def _say_where_it_begins(job: Job) -> None:
    if job.folder.checkpoint.exists():
        job.reporter.say("going on from the run's checkpoint")
    elif job.folder.events.exists():
        job.reporter.say("this run was stopped before its first checkpoint: it starts from step 0")


def _gathered(own: dict[str, Fact], fabric: Fabric) -> dict[str, Fact]:
    """What any process has found out about training videos, by their names."""
    if fabric.world_size == 1:
        return own
    parts: list[Any] = [None] * fabric.world_size
    torch.distributed.all_gather_object(parts, own)
    return {name: fact for part in parts for name, fact in part.items()}
