"""A table of runs before it is filled: its rows as settings, its columns as metrics."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from results.claims.side import PAPER_PRESET, Side

STEP_TIME = "time.step"  # of the method, not of a record


@dataclass(frozen=True)
class Row:
    """setting: "mbd method.final=false @ average", an output of a configuration; "" where none is. A metric
    that names an output of its own ("local.top1") is of that one. "[mbd @ local, two_stream @ global]" is an
    ensemble: the mean of these outputs.

    reported: what the paper states, by metric ("top1"), as text. claims: the ids of those numbers that are
    claims. lacking: why it cannot be measured here. preset: the paper's protocol. group: its place in a
    figure, by names that the figure asks for. line: in its file.
    """

    label: str
    setting: str = ""
    reported: tuple[tuple[str, str], ...] = ()
    lacking: str = ""
    preset: str = PAPER_PRESET
    claims: tuple[tuple[str, str], ...] = ()
    group: tuple[tuple[str, str], ...] = ()
    line: int = 0

    def side(self, metric: str) -> Side | None:
        if not self.setting:
            return None
        if self.setting.startswith("[") and "." in metric:  # an ensemble has one output
            return None
        if self.setting.endswith("]"):
            return Side.parse(f"{self.setting} @ {metric}", self.preset)
        if "." in metric:
            return Side.parse(f"{self.setting.rpartition(' @ ')[0]} @ {metric}", self.preset)
        return Side.parse(f"{self.setting}.{metric}", self.preset)


@dataclass(frozen=True)
class Spec:
    """A table of runs. paper: the data set of its reported numbers. free: stream settings that rows vary.

    fixed: measured numbers, too, are of that data set alone. baseline: the row that differences are taken to.
    seeds: how many `--run` makes where no number is given: a grid has few. notes: what else is to be known.
    own_networks: rows of methods that use their own networks stand next to those of common streams.
    every_rule: the setting of which each further fusion rule in the records is a row, "" for none. place: its
    file.
    """

    name: str
    title: str
    paper: str
    rows: tuple[Row, ...]
    metrics: tuple[str, ...] = ("top1", "top5")
    free: tuple[str, ...] = ()
    fixed: str = ""
    baseline: int | None = 0
    seeds: int = 5
    notes: tuple[str, ...] = ()
    own_networks: bool = False
    every_rule: str = ""
    place: Path = field(default=Path(), compare=False)
