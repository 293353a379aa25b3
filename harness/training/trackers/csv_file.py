"""`metrics.csv` in the run's folder: a row for each number."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from harness.training.trackers.contract import About

NAME, HEAD = "metrics.csv", ("step", "name", "value")


class CsvFile:
    """A row is (step, name, value), the value with all its digits."""

    def __init__(self) -> None:
        self._path = Path()

    def start(self, about: About, known: str | None, since: int | None) -> str:
        self._path = about.folder / NAME
        if known is None or not self._path.exists():
            self._path.write_text(",".join(HEAD) + "\n", encoding="utf-8")
        return NAME

    def log(self, numbers: Mapping[str, float], step: int) -> None:
        with self._path.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows((step, *each) for each in numbers.items())

    def finish(self) -> None:
        """Every row is in the file already."""
