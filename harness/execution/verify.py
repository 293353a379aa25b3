"""A finished run made again, in a folder that is thrown away: is it the same, and if not, since when?"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from backbones.base.errors import UserError
from harness.config.difference import AS_WEIGHTS
from harness.config.schema import Config, StreamConfig
from harness.execution.execute import execute
from harness.execution.job import Launch
from harness.execution.reporter import Reporter
from harness.record.comparison.records import environments
from harness.record.comparison.runs import Part, compare_runs
from harness.record.comparison.trees import Differing
from harness.record.folder import RunFolder
from harness.record.plugins import check_loaded


@dataclass(frozen=True)
class Verified:
    """parts: of the run, in the order in which it made them. reasons: what differs in what it was made on.
    in_any_order: whether sums in it may be added up in another order each time, as in compiled networks."""

    parts: list[Part]
    reasons: list[Differing]
    in_any_order: bool = False

    @property
    def first(self) -> Part | None:
        """The first part that differs."""
        return next((part for part in self.parts if part.said), None)


def verify(run: RunFolder, launch: Launch, reporter: Reporter) -> Verified:
    """Makes the run again. launch: its `out` is where the runs lie that this one began from."""
    record = run.run_record()
    check_loaded(record)
    config = _with_folders(Config.model_validate(record.config), launch.out)
    with tempfile.TemporaryDirectory(prefix="harness-verify-") as folder:
        again = replace(launch, out=Path(folder), restart=False, study=record.study)
        made = execute(config, again, reporter).folder
        parts = list(compare_runs(run, made))
        found = made.run_record()
        return Verified(parts, environments(record, found), config.compile and found.determinism == "off")


def _with_folders(config: Config, out: Path) -> Config:
    """The configuration with the folder of each run that a stream's weights come from."""

    def found(stream: StreamConfig) -> StreamConfig:
        weights = stream.weights or ""
        if not weights.startswith(AS_WEIGHTS):
            return stream
        folder = out / weights.removeprefix(AS_WEIGHTS)
        if folder.parent != out or not RunFolder(folder).finished:
            raise UserError(f"this run began with the weights of run {folder.name}, which is not in {out}/")
        return stream.model_copy(update={"weights": str(folder.absolute())})

    return config.model_copy(update={"local": found(config.local), "glob": found(config.glob)})
