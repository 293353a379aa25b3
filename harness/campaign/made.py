"""Whether a run is made: its record says so, never the process that was to make it. No torch."""

from __future__ import annotations

from pathlib import Path

from backbones.base.errors import UserError
from harness.config.difference import run_key
from harness.config.schema import Config
from harness.record.folder import RunFolder, all_runs


def made(out: Path, config: Config) -> tuple[RunFolder | None, str]:
    """(the run's folder under `out`, where its record is there and reads; why not)."""
    key = run_key(config.plain())
    for folder in reversed(all_runs(out)):  # the newest is nearly always the one
        if folder.finished and run_key(folder.read_config()) == key:
            try:
                folder.run_record()
            except UserError as error:
                return None, str(error)
            return folder, ""
    return None, "it ended and left no record"
