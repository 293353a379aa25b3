"""A finished run's record, from everything that training and testing left."""

from __future__ import annotations

import datetime
from dataclasses import asdict

import harness
from harness.config.labels import labels
from harness.cost.run_cost import costs
from harness.data.index import VideoIndex
from harness.evaluation.score import score
from harness.execution.job import Job
from harness.execution.testing import Tested
from harness.record.plugins import facts, used
from harness.record.schema import DataFacts, Record, Timings
from harness.training import device as devices
from harness.training.trainer import Trainer

SELECTION = "last epoch"


def build_record(
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
