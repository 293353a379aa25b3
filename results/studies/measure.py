"""The runs of a study as a matrix: arm x pair x joint seed, read by any metric of a record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import fsum

from harness.campaign.study.tasks import PRETRAINING
from harness.record.schema import Record
from results.records import OFFICIAL_SPLITS, share
from results.statistics.nested import Nested

HEADLINE = "own.top1"  # fused by the arm's own rule
Cell = tuple[int, int]  # pair, joint seed


@dataclass(frozen=True)
class Output:
    """What is measured of an arm. metric: as `results.records.share` takes it.

    members: of an ensemble, the outputs whose scores are averaged; arm: then its name.
    """

    arm: str
    metric: str = HEADLINE
    members: tuple[Output, ...] = ()

    def __str__(self) -> str:
        return f"{self.arm} {self.metric}"


@dataclass(frozen=True)
class Matrix:
    """runs: {arm: {(pair, seed): its records, one per official split}}."""

    runs: Mapping[str, Mapping[Cell, tuple[Record, ...]]] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Iterable[Record]) -> Matrix:
        """From records of one study, without pre-trainings; of a run that was made twice the later one."""
        found: dict[str, dict[Cell, dict[str, Record]]] = {}
        for record in sorted(records, key=lambda record: record.finished):
            made = record.study
            if made is not None and made.arm != PRETRAINING:
                cells = found.setdefault(made.arm, {})
                cells.setdefault((made.pair, made.seed), {})[record.data.split] = record
        return cls({arm: _whole_cells(cells) for arm, cells in found.items()})

    def records(self, arm: str) -> list[Record]:
        return [record for members in self.runs.get(arm, {}).values() for record in members]

    def values(self, output: Output) -> dict[Cell, float]:
        """Percent by pair and joint seed; over official splits the mean."""
        found = {}
        for cell, members in self.runs.get(output.arm, {}).items():
            shares = [share(record, output.metric) for record in members]
            percents = [each.percent for each in shares if each is not None and each.of]
            if members and len(percents) == len(members):
                found[cell] = fsum(percents) / len(percents)
        return found

    def resolution(self, output: Output) -> float:
        """Points of one video: the smallest step between two values of a run."""
        videos = [
            sum(each.of for record in members if (each := share(record, output.metric)) is not None)
            for members in self.runs.get(output.arm, {}).values()
        ]
        return 100 / max(videos, default=0) if any(videos) else 0.0

    def nested(self, output: Output) -> Nested | None:
        """The arm's own percentages; None where there is none."""
        return by_pair(self.values(output), self.resolution(output))

    def differences(self, left: Output, right: Output | float) -> Nested | None:
        """Left less right, in points, over the pairs and joint seeds that both have; None where none is."""
        ours = self.values(left)
        if isinstance(right, float | int):
            return by_pair({cell: value - right for cell, value in ours.items()}, self.resolution(left))
        theirs = self.values(right)
        both = {cell: value - theirs[cell] for cell, value in ours.items() if cell in theirs}
        return by_pair(both, max(self.resolution(left), self.resolution(right)))


def by_pair(values: Mapping[Cell, float], resolution: float) -> Nested | None:
    """Nested by pair, joint seeds in their order."""
    pairs: dict[int, list[float]] = {}
    for (pair, _), value in sorted(values.items()):
        pairs.setdefault(pair, []).append(value)
    return Nested.of(list(pairs.values()), resolution) if pairs else None


def _whole_cells(cells: Mapping[Cell, Mapping[str, Record]]) -> dict[Cell, tuple[Record, ...]]:
    return {cell: tuple(splits.values()) for cell, splits in sorted(cells.items()) if _whole(splits)}


def _whole(splits: Mapping[str, Record]) -> bool:
    """Whether all official splits are there, where accuracy is the mean over them."""
    datasets = {record.data.dataset for record in splits.values()}
    return all(len(splits) >= OFFICIAL_SPLITS.get(name, 1) for name in datasets)
