"""Trackers by name, as `--tracker` has them; what each needs. Imports no tracker."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from backbones.base.errors import UserError
from backbones.base.registry import load
from harness.training.trackers.contract import Tracker


@dataclass(frozen=True)
class TrackerEntry:
    """target: "module:Class". package: that must be there, if any; extra: that installs it. repeats: whether
    it is told steps again that an earlier session told it, and takes back what it had of them."""

    target: str
    package: str | None = None
    extra: str | None = None
    repeats: bool = False

    def make(self) -> Tracker:
        tracker: Tracker = load(self.target)()
        return tracker


HERE = "harness.training.trackers"
TRACKERS: Mapping[str, TrackerEntry] = {
    "csv": TrackerEntry(f"{HERE}.csv_file:CsvFile"),
    "tensorboard": TrackerEntry(
        f"{HERE}.tensorboard:TensorBoard", "tensorboardX", "tensorboard", repeats=True
    ),
    "trackio": TrackerEntry(f"{HERE}.trackio_store:Trackio", "trackio", "trackio"),
    "wandb": TrackerEntry(f"{HERE}.wandb_offline:WandB", "wandb", "wandb"),
    "mlflow": TrackerEntry(f"{HERE}.mlflow_store:MLflow", "mlflow", "mlflow"),
}


def check(names: Iterable[str]) -> None:
    """Raises UserError before anything starts, not after hours of training, where a package is missing."""
    for name in names:
        entry = TRACKERS[name]
        if entry.package and importlib.util.find_spec(entry.package) is None:
            raise UserError(
                f"--tracker {name} needs the package {entry.package}: "
                f"pip install 'mbd-harness[{entry.extra}]'; without it events.jsonl has the same numbers"
            )
