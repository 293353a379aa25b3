"""Finished runs as weights: `--weights-local RUN` begins with the local stream that RUN trained.

Tensors only, of the stream with the same part; which run, which data and the tensors' SHA-256 are recorded.
What a run was trained on is looked for in what is tested here (`harness.training.streams.seen`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from backbones.base.errors import UserError
from backbones.base.streams import PerStream, StreamName
from backbones.contract import Backbone
from backbones.pretrained import Pretrained
from backbones.weights.loading import WeightsReport, load_tensors, tensors_sha256
from harness.config.labels import NOT_USED, label
from harness.config.schema import Config, StreamConfig
from harness.data.clips.sample import seed_of
from harness.record import checkpoint
from harness.record.folder import RunFolder, run_as_weights
from harness.record.schema import RunRecord
from harness.record.starts_from import AS_WEIGHTS
from harness.training.streams.build import Trained


@dataclass(frozen=True)
class Source:
    """A finished run that a stream's weights come from."""

    run: RunFolder
    record: RunRecord

    @property
    def name(self) -> str:
        return AS_WEIGHTS + self.record.id


def find(config: Config, out: Path) -> tuple[Config, dict[StreamName, Source]]:
    """The runs named as weights, by stream, and the configuration with "run:<id>" in their place.

    So it does not matter for a run's name how the other one was called, or where it lies.
    """
    given = PerStream(config.local, config.glob)
    sources = {
        name: _source(name, run)
        for name, stream in given.items()
        if stream.weights and (run := run_as_weights(stream.weights, out))
    }

    def named(name: StreamName) -> StreamConfig:
        stream = given[name]
        return stream.model_copy(update={"weights": sources[name].name}) if name in sources else stream

    streams = PerStream.of(named)
    return config.model_copy(update={"local": streams.local, "glob": streams.glob}), sources


def joint_seed(seed: int, sources: Mapping[StreamName, Source]) -> int | None:
    """The seed of a training that goes on from runs, or None where it starts from none.

    From the seeds of those runs and its own: with the same number as they had, it would see the clips of
    their first epochs again, cut in the same way and in the same order.
    """
    before = sorted({int(source.record.config["seed"]) for source in sources.values()})
    return seed_of("joint training", *before, seed) if before else None


def _source(stream: StreamName, run: RunFolder) -> Source:
    if not run.finished:
        raise UserError(
            f"--weights-{stream}: run {run.id} is {run.state()}, not finished; the command that began it "
            "goes on with it"
        )
    return Source(run, run.run_record())


def trained(
    sources: Mapping[StreamName, Source], streams: PerStream[StreamConfig], classes: Sequence[str]
) -> dict[StreamName, Trained]:
    """What `harness.training.streams.build.make` fills the streams with."""
    return {
        name: Trained(partial(_load, source, name, streams[name], classes), source.run.checkpoint)
        for name, source in sources.items()
    }


def _load(
    source: Source, name: StreamName, stream: StreamConfig, classes: Sequence[str], network: Backbone
) -> WeightsReport:
    """Fills the network. A classifier of other classes is left out, also where its shape would fit."""
    record, run = source.record, source.record.id
    _check_network(record, name, stream)
    state = checkpoint.read(source.run.checkpoint)
    if state is None:
        fetched = source.run.how_to_fetch(source.run.checkpoint)
        raise UserError(
            f"--weights-{name}: {source.run.checkpoint} is gone: run {run} has no weights left{fetched}"
        )
    prefix = f"streams.{name}."
    tensors = {k.removeprefix(prefix): v for k, v in state["method"].items() if k.startswith(prefix)}
    same = list(classes) == record.data.classes
    learned = f"{record.config['method']['name']} on {record.data.dataset} {record.data.split}"
    without = "" if same else f", without its classifier of {len(record.data.classes)} other classes"
    began = record.weights.get(name) or {}
    given = Pretrained(
        tensors,
        f"run {run} ({learned}){without}",
        tensors_sha256(tensors),
        began.get("mean"),
        began.get("std"),
        _origin(record, name),
    )
    return load_tensors(network, given, classifier=same)


def _check_network(record: RunRecord, name: StreamName, stream: StreamConfig) -> None:
    if record.labels.get(name) == NOT_USED:
        raise UserError(f"--weights-{name}: run {record.id} did not train its {name} stream")
    theirs = record.config[name]
    if (theirs["backbone"], theirs["width"]) != (stream.backbone, stream.width):
        raise UserError(
            f"--weights-{name}: run {record.id} trained {label(theirs['backbone'], theirs['width'])} as its "
            f"{name} stream, this run has {label(stream.backbone, stream.width)}"
        )


def _origin(record: RunRecord, name: StreamName) -> dict[str, Any]:
    """What a record says of where a stream's tensors come from."""
    return {
        "run": record.id,
        "stream": name,
        "method": record.config["method"]["name"],
        "dataset": record.data.dataset,
        "split": record.data.split,
        "data": record.data.fingerprint,
        "seed": record.config["seed"],
    }
