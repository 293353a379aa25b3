"""What an exported network is, as plain types: for its files' metadata, `model.json` and the model card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import harness
from backbones.base.streams import PerStream, StreamName
from harness.config.labels import NOT_USED
from harness.export.source import Source
from harness.record.reading import on_validation, tested
from harness.record.schema import RunRecord
from harness.record.schema.metrics import Scores

Tree = dict[str, Any]


def describe(run: Source) -> Tree:
    """Of a run, whichever files are made of it."""
    record, config = run.record, run.config
    return {
        "run": record.id,
        "finished": record.finished,
        "harness": {"release": harness.__version__, "trained_by": record.harness_version},
        "method": config.method.name,
        "seed": config.seed,
        "selection": record.selection,
        "trained_in": record.precision,
        "streams": {str(name): _stream(run, name) for name in run.names},
        "fusion": _fusion(run),
        "data": _data(record),
        "classes": record.data.classes,
        "accuracy": _accuracy(record),
    }


def _stream(run: Source, name: StreamName) -> Tree:
    spec, test = run.streams.specs[name], run.config.test
    clips = test.local_clips if name == "local" else test.global_clips
    return {
        "network": run.record.labels[name],
        "input": {
            "shape": ["clips", spec.frames, spec.crop, spec.crop, spec.channels],
            "dtype": "uint8",
            **{key: value for key, value in asdict(spec).items() if key not in ("short_side", "flow")},
            **({"flow": asdict(spec.flow)} if spec.modality == "flow" else {}),
            "short_video": run.config.data.short,
        },
        "views": {"clips": clips, "crops": test.crops},
        "started_from": _start(run.record, name),
    }


def _start(record: RunRecord, name: StreamName) -> Tree:
    """Where the stream's first weights came from; of a file its name alone, not where it lay."""
    start = PerStream(record.starts_from.local, record.starts_from.glob)[name].model_dump()
    report = record.weights.get(name) or {}
    if start["kind"] == "file":
        return start | {"name": Path(start["name"]).name}
    return start | {"source": report.get("source")}


def _fusion(run: Source) -> Tree | None:
    """Of the method's own rule, where there is something to fuse."""
    if len(run.names) < 2:
        return None
    name = run.config.method.fusion
    shown = tested(run.record) or on_validation(run.record)
    scored = shown.metrics.fusion.get(name) if shown else None
    return {
        "rule": name,
        "settings": scored.settings if scored else run.config.fusion.get(name, {}),
        "learned": scored.learned if scored else {},
    }


def _data(record: RunRecord) -> Tree:
    facts = record.data
    return {
        "dataset": facts.dataset,
        "split": facts.split,
        "fingerprint": facts.fingerprint,
        "videos": dict(facts.found),
        "warnings": facts.warnings,
    }


def _accuracy(record: RunRecord) -> Tree | None:
    """Top-1 of each stream and of the own rule; None where no video was tested, as after a pre-training."""
    shown = tested(record) or on_validation(record)
    if shown is None:
        return None
    metrics = shown.metrics
    scored: Mapping[str, Scores] = {"local": metrics.local, "global": metrics.glob}
    used = {name: each for name, each in scored.items() if record.labels.get(name) != NOT_USED}
    if len(used) == len(scored) and record.fusion in metrics.fusion:
        used["fused"] = metrics.fusion[record.fusion]
    shares = {name: each.top1 for name, each in used.items()}
    return {
        "part": "test" if tested(record) else "validation",
        "top1": {name: each.model_dump() | {"percent": each.percent} for name, each in shares.items()},
        "apart": record.data.apart,
    }
