"""A finished run's record, from everything that training and testing left."""

from __future__ import annotations

import datetime
from dataclasses import asdict
from typing import Any

import harness
from backbones.base.streams import STREAMS
from harness.cost.run_cost import costs
from harness.data.index import VideoIndex
from harness.evaluation.evaluator import Tested
from harness.evaluation.score import score
from harness.execution.job import Job
from harness.record.schema import PARTS, DataFacts, Metrics, PartName, Record, StartsFrom, Timings
from harness.record.software.commit import code
from harness.record.software.versions import versions
from harness.record.starts_from import start
from harness.training import device as devices
from harness.training.state import TrainingState

SELECTION = "last epoch"
Failed = dict[PartName, dict[str, str]]


def build_record(
    job: Job, trained: TrainingState, tested: Tested, held: Tested | None, failed: Failed
) -> Record:
    facts, index = job.facts, job.index
    weights = job.streams.weights.map(lambda report: asdict(report) if report else None).plain()
    return Record(
        id=job.folder.id,
        harness_version=harness.__version__,
        code=code(),
        finished=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        config=facts.config,
        resolved=job.resolved,
        precision=job.device.precision,  # type: ignore[arg-type]
        labels=facts.labels,
        fusion=facts.fusion,
        selection=SELECTION,
        starts_from=_starts(job, weights),
        data=_data_facts(index, failed),
        weights=weights,
        metrics=_metrics(job, tested, held),
        cost=costs(job.streams, job.evaluation.test, job.device),
        environment=devices.environment(job.device) | versions(),
        timings=_timings(job, trained, tested, held),
        plugins=facts.plugins,
    )


def found(index: VideoIndex) -> dict[PartName, int]:
    """The number of videos of each part, in records and in what a dry run tells."""
    parts = {"train": index.train, "validation": (), "holdout": index.holdout, "test": index.test}
    return {part: len(parts[part]) for part in PARTS}


def _starts(job: Job, weights: dict[str, Any]) -> StartsFrom:
    chosen = job.facts.config
    return StartsFrom.model_validate(
        {name: start(chosen[name]["weights"], weights[name]) for name in STREAMS}
    )


def _data_facts(index: VideoIndex, failed: Failed) -> DataFacts:
    return DataFacts(
        dataset=index.dataset,
        split=index.split,
        fingerprint=index.fingerprint,
        classes=list(index.classes),
        found=found(index),
        expected={"train": index.expected.get("train"), "test": index.expected.get("test")},
        missing=list(index.missing),
        failed=failed,
        warnings=list(index.warnings),
    )


def _metrics(job: Job, tested: Tested, held: Tested | None) -> Metrics:
    return score(
        tested.stored,
        job.index.test,
        job.index.classes,
        held.stored if held else None,
        settings=job.facts.fusion_settings,
        crossed=bool(job.folds),
    )


def _timings(job: Job, trained: TrainingState, tested: Tested, held: Tested | None) -> Timings:
    clock = trained.clock
    return Timings(
        train_s=clock.train,
        test_s=tested.seconds,
        steps=job.steps,
        videos_per_s=clock.videos / max(clock.train, 1e-9),
        data_wait_share=clock.wait / max(clock.train, 1e-9),
        sessions=clock.sessions,
        cross_fit_s=held.seconds if held and job.folds else 0.0,
    )
