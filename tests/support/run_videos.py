"""Where the generated clips lie that a run was tested on, among those of other settings in one cache."""

from __future__ import annotations

from pathlib import Path

from harness.data.registry import open_index
from harness.record import outputs
from harness.record.folder import RunFolder


def run_videos(run: RunFolder, cache: Path) -> list[Path]:
    """In the order of the run's outputs. cache: the folder that was XDG_CACHE_HOME when the run was made."""
    data = run.record().config["data"]
    root = cache / "mbd-harness" / data["dataset"]
    index = open_index(data["dataset"], root, data["split"], data["settings"], {"test"})
    there = {video.id: video.path for video in index.test}
    return [there[name] for name in outputs.read(run.outputs).ids]
