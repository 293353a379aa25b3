"""What runs start from: values are compared and averaged by pre-trained pair and seed. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import fsum
from typing import NamedTuple

from harness.record.schema import Record
from results.records import OFFICIAL_SPLITS, measure, share
from results.statistics.nested import Nested


class Start(NamedTuple):
    """What two runs must share to be compared. pair: the id of the pre-trained pair; "" from scratch, where
    each seed is a start of its own."""

    seed: int
    pair: str

    @property
    def pretraining(self) -> str | int:
        """Which pre-training it is a replicate of."""
        return self.pair or self.seed


def start_of(record: Record) -> Start:
    """Of a run: its joint seed alone does not say where it began."""
    pair = record.starts_from.pair
    return Start(int(record.config["seed"]), pair.id if pair else "")


def by_start(records: Sequence[Record], metric: str) -> dict[Start, float]:
    """The metric of each start, by seed: over the official splits the mean, where all of them were run."""
    found: dict[Start, dict[str, float]] = {}
    for record in records:
        value = measure(record, metric)
        if value is not None:
            found.setdefault(start_of(record), {})[record.data.split] = value
    need = {record.data.dataset: OFFICIAL_SPLITS.get(record.data.dataset, 1) for record in records}
    least = max(need.values(), default=1)
    return {
        start: fsum(splits.values()) / len(splits)
        for start, splits in sorted(found.items())
        if len(splits) >= least
    }


def resolution(records: Iterable[Record], metric: str) -> float:
    """Points of one video, the smallest step between two values; 0 where no record has the metric."""
    videos: dict[Start, int] = {}
    for record in records:
        found, start = share(record, metric), start_of(record)
        videos[start] = videos.get(start, 0) + (found.of if found else 0)
    most = max(videos.values(), default=0)
    return 100 / most if most else 0.0


def nested(values: Mapping[Start, float], step: float) -> Nested:
    """Values by start as values by pre-training, of each by seed."""
    pairs: dict[str | int, list[float]] = {}
    for start, value in sorted(values.items()):
        pairs.setdefault(start.pretraining, []).append(value)
    return Nested.of(list(pairs.values()), step)


def replicates(records: Sequence[Record], metric: str) -> Nested | None:
    """The metric by pre-trained pair and joint seed; None where no run has it."""
    values = by_start(records, metric)
    return nested(values, resolution(records, metric)) if values else None
