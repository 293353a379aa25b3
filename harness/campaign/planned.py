"""A run that cells of tables ask for, and the run as it is planned. No torch."""

from __future__ import annotations

from dataclasses import dataclass, field

from backbones.base.streams import StreamName
from harness.campaign.shared_settings import Base, pairs_for
from harness.config.command import RunCommand
from harness.config.difference import as_pairs, has_recipe, overrides
from harness.config.schema import Config
from harness.record.starts_from import AS_WEIGHTS
from methods.catalogue import METHODS

FINISHED, BEGUN, MISSING = "finished", "begun", "to train"


@dataclass(frozen=True)
class Wanted:
    """What a cell needs: one run.

    table, row: whose. pairs: what the row sets. dataset, split: "" is the preset's own, the first one.
    base: what it shares with the other runs of its table, where that is not the plan's.
    """

    table: str
    row: str
    method: str
    pairs: tuple[str, ...]
    dataset: str
    split: str
    seed: int
    base: Base | None = None


@dataclass(frozen=True)
class Before:
    """A run that has to be made first. streams: whose weights it gives."""

    run: Planned
    streams: tuple[StreamName, ...]


@dataclass
class Planned:
    """A run, the cells that wait for it, and its state: finished, begun or to train. why: of a failure. lost:
    its process, or that of what it starts from, was ended from outside.

    before: the runs whose weights it begins with, where they have to be made first. text: what it is called,
    where that does not follow from its cells.
    """

    base: Base
    config: Config
    wanted: list[Wanted] = field(default_factory=list)
    state: str = MISSING
    why: str = ""
    lost: bool = False
    before: tuple[Before, ...] = ()
    text: str = ""

    def label(self) -> str:
        """`mbd, final=false, seed 1`."""
        if self.text:
            return self.text
        first = self.wanted[0]
        pairs = [pair.removeprefix("method.") for pair in first.pairs]
        split = [f"split {first.split}"] if first.split else []
        return ", ".join([first.method, *pairs, *split, f"seed {first.seed}"])

    def tables(self) -> list[str]:
        """The tables whose cells wait for it."""
        return list(dict.fromkeys(want.table for want in self.wanted))

    def command(self) -> RunCommand:
        """What makes it, without where its data and its results are."""
        first = self.wanted[0]
        if self.text:
            return self._of_configuration()
        return RunCommand(
            method=first.method,
            preset=self.base.preset,
            dataset=first.dataset,
            split=first.split,
            seed=first.seed,
            pairs=(*pairs_for(first.method, self.base.pairs), *first.pairs, *self._weights()),
        )

    def _of_configuration(self) -> RunCommand:
        """Of a run that no cell asks for itself."""
        config = self.config
        return RunCommand(
            method=config.method.name,
            preset=config.preset,
            dataset=config.data.dataset,
            split=config.data.split,
            seed=config.seed,
            precision=config.precision,
            pairs=as_pairs(overrides(config)),
            from_scratch=has_recipe(config),
        )

    def _weights(self) -> tuple[str, ...]:
        """Of its trained teacher, which is known once that is there."""
        stream = METHODS.get(self.config.method.name).teacher
        weights = self.config.streams()[stream].weights if stream else None
        return as_pairs({f"{stream}.weights": weights}) if (weights or "").startswith(AS_WEIGHTS) else ()
