"""A finished run's record, from everything that training and testing left."""

from __future__ import annotations

import datetime
from dataclasses import asdict
from typing import Any

import harness
from backbones.base.streams import STREAMS
from harness.config.recipe.recipe_settings import recipe_settings
from harness.config.schema import Config
from harness.cost.run_cost import costs
from harness.data.content import contents
from harness.evaluation.evaluator import Tested
from harness.evaluation.score import score
from harness.execution.job import Job
from harness.record.schema import (
    PARTS,
    DamagedFrames,
    DataFacts,
    Metrics,
    Pair,
    PartName,
    RunRecord,
    StartsFrom,
    Timings,
)
from harness.record.software.commit import code
from harness.record.software.versions import versions
from harness.record.starts_from import start
from harness.record.stored.checksums import checksums
from harness.training import device as devices
from harness.training.determinism import LEVELS
from harness.training.state import TrainingState

SELECTION = {False: "last epoch", True: "last epoch, exponential moving average of weights"}
Failed = dict[PartName, dict[str, str]]


def build_record(
    job: Job, trained: TrainingState, tested: Tested | None, held: Tested | None, failed: Failed
) -> RunRecord:
    """The record of a finished run. tested, held: None where no such videos were tested. failed: by part."""
    facts = job.facts
    scored = _metrics(job, tested, held) if tested else None
    tuning = job.evaluation.part == "validation"
    weights = job.streams.weights.map(lambda report: asdict(report) if report else None).plain()
    return RunRecord(
        id=job.folder.id,
        harness_version=harness.__version__,
        code=code(),
        finished=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        config=facts.config,
        resolved=job.resolved,
        precision=job.device.precision,  # type: ignore[arg-type]
        determinism=LEVELS[job.launch.determinism].recorded,
        labels=facts.labels,
        fusion=facts.fusion,
        selection=SELECTION[job.training.optimization.ema > 0],
        study=job.launch.study,
        starts_from=_starts(job, weights),
        data=_data_facts(job, failed, _damaged(job, trained, tested, held)),
        weights=weights,
        metrics=None if tuning else scored,
        validation=scored if tuning else None,
        cost=costs(job.streams, job.evaluation.test, job.device),
        environment=devices.environment(job.device) | versions() | _earlier_code(trained),
        timings=_timings(job, trained, tested, held),
        plugins=facts.plugins,
        files=checksums(job.folder),
    )


def _earlier_code(trained: TrainingState) -> dict[str, Any]:
    """Versions of the harness that trained before this one, in a run that another one began."""
    return {"earlier_code": trained.code[:-1]} if trained.code[1:] else {}


def found(job: Job) -> dict[PartName, int]:
    """The number of videos of each part, in records and in what a dry run tells."""
    index = job.index
    counts = {"train": len(index.train), "holdout": len(index.holdout), job.evaluation.part: len(index.test)}
    return {part: counts.get(part, 0) for part in PARTS}


def _starts(job: Job, weights: dict[str, Any]) -> StartsFrom:
    chosen = job.facts.config
    starts = {name: start(chosen[name]["weights"], weights[name]) for name in STREAMS}
    return StartsFrom.model_validate(starts | {"pair": _pair(job)})


def _pair(job: Job) -> Pair | None:
    """The pre-training that both streams come from, by one run or by two with one seed."""
    runs = {name: source.record for name, source in job.sources.items()}
    seeds = {int(run.config["seed"]) for run in runs.values()}
    if len(runs) < len(job.streams.specs) or len(seeds) != 1:
        return None
    seed, configs = seeds.pop(), {name: Config.model_validate(run.config) for name, run in runs.items()}
    settings = recipe_settings(Config.model_validate(job.facts.config), configs, seed)
    name = "+".join(dict.fromkeys(run.id for run in runs.values()))
    return Pair(id=name, seed=seed, settings=settings)


def _damaged(
    job: Job, trained: TrainingState, tested: Tested | None, held: Tested | None
) -> dict[PartName, DamagedFrames]:
    """Of the training videos, and of the parts that were looked at in testing."""
    counts = {"train": trained.damaged}
    if held and not job.folds:
        counts["holdout"] = held.stored.damaged
    if tested and job.evaluation.part != "none":
        counts[job.evaluation.part] = tested.stored.damaged
    return {part: _frames(counts[part]) for part in PARTS if part in counts}


def _frames(counts: dict[str, tuple[int, int]]) -> DamagedFrames:
    return DamagedFrames(
        concealed={name: concealed for name, (concealed, _) in sorted(counts.items()) if concealed},
        skipped={name: skipped for name, (_, skipped) in sorted(counts.items()) if skipped},
    )


def _data_facts(job: Job, failed: Failed, damaged: dict[PartName, DamagedFrames]) -> DataFacts:
    index = job.index
    return DataFacts(
        dataset=index.dataset,
        split=index.split,
        fingerprint=index.fingerprint,
        classes=list(index.classes),
        found=found(job),
        expected={"train": index.expected.get("train"), "test": index.expected.get("test")},
        missing=list(index.missing),
        failed=failed,
        damaged=damaged,
        warnings=list(index.warnings),
        apart=list(index.apart),
        content_sha256=contents.total(contents.read(job.folder.contents), index),
    )


def _metrics(job: Job, tested: Tested, held: Tested | None) -> Metrics:
    return score(
        tested.stored,
        job.index.test,
        job.index.classes,
        held.stored if held else None,
        job.facts.rules,
        settings=job.facts.fusion_settings,
        crossed=bool(job.folds),
        apart=job.index.apart,
        top_k=job.index.k,
    )


def _timings(job: Job, trained: TrainingState, tested: Tested | None, held: Tested | None) -> Timings:
    clock = trained.clock
    return Timings(
        train_s=clock.train,
        test_s=tested.seconds if tested else 0.0,
        steps=job.steps,
        videos_per_s=clock.videos / max(clock.train, 1e-9),
        data_wait_share=clock.wait / max(clock.train, 1e-9),
        sessions=clock.sessions,
        cross_fit_s=held.seconds if held and job.folds else 0.0,
    )
