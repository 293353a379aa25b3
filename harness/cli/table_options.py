"""The options of `harness table`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class TableOptions:
    """What `harness table` was given. names, every: which tables. shape: the format.

    roots, pairs, rows, preset, device, workers, yes and dry_run belong to --run (`run_missing`).
    """

    names: tuple[str, ...]
    every: bool
    dataset: str | None
    seeds: int | None
    runs: tuple[Path, ...]
    protocol: str | None
    shape: str | None
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
