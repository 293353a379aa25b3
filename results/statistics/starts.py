"""What runs start from: values are compared and averaged by pre-trained pair and seed. No torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum
from typing import NamedTuple

from harness.record.schema import Record, Share
from results.records import OFFICIAL_SPLITS, share
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


def measured(records: Sequence[Record], metric: str) -> tuple[dict[Start, float], float]:
    """(the metric in percent of each start, by seed; points of one video, which is the smallest step between
    two values). Over the official splits it is the mean, where all of them were run."""
    shares: dict[Start, dict[str, Share]] = {}
    need: dict[str, int] = {}
    for record in records:
        found, data = share(record, metric), record.data
        need[data.dataset] = OFFICIAL_SPLITS.get(data.dataset, 1)
        if found is not None:
            shares.setdefault(start_of(record), {})[data.split] = found
    least, values, most = max(need.values(), default=1), dict[Start, float](), 0
    for start, splits in sorted(shares.items()):
        most = max(most, sum(each.of for each in splits.values()))
        if len(splits) >= least:
            values[start] = fsum(each.percent for each in splits.values()) / len(splits)
    return values, 100 / most if most else 0.0


def nested(values: Mapping[Start, float], step: float) -> Nested:
    """Values by start as values by pre-training, of each by seed."""
    pairs: dict[str | int, list[float]] = {}
    for start, value in sorted(values.items()):
        pairs.setdefault(start.pretraining, []).append(value)
    return Nested.of(list(pairs.values()), step)


def replicates(records: Sequence[Record], metric: str) -> Nested | None:
    """The metric by pre-trained pair and joint seed; None where no run has it."""
    values, step = measured(records, metric)
    return nested(values, step) if values else None
