"""The options of `harness table`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.campaign.engines.chosen import Asked
    from harness.campaign.engines.slots import Share


@dataclass(frozen=True)
class TableOptions:
    """What `harness table` was given. names, every: which tables. shape: the format. rows,
    measured_only: which of their rows.

    roots, pairs, preset, device, workers, jobs, per_gpu, memory, engine, engine_set, store, yes and
    dry_run belong to --run (`run_missing`).
    """

    names: tuple[str, ...]
    every: bool
    dataset: str | None
    seeds: int | None
    runs: tuple[Path, ...]
    protocol: str | None
    shape: str | None
    measured_only: bool
    provenance: bool
    out: Path | None
    run_missing: bool
    dry_run: bool
    yes: bool
    preset: str | None
    pairs: tuple[str, ...]
    rows: tuple[str, ...]
    roots: tuple[str, ...]
    device: str
    workers: int | None
    jobs: int | None
    per_gpu: int | None
    memory: float | None
    engine: str
    engine_set: tuple[str, ...]
    store: str | None

    @property
    def share(self) -> Share:
        """Of the machine, of each run."""
        from harness.campaign.engines.slots import Share

        return Share(self.jobs, self.per_gpu, self.memory)

    @property
    def asked(self) -> Asked:
        """Where each run is made."""
        from harness.campaign.engines.chosen import Asked

        return Asked(self.engine, self.engine_set, self.store)
