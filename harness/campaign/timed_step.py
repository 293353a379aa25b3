"""How long a run takes, by one step of its networks on this machine. Loads torch."""

from __future__ import annotations

from pathlib import Path

from harness.campaign.data_roots import DataRoots
from harness.campaign.planned import Planned


def timed_step(run: Planned, roots: DataRoots, out: Path, device: str) -> float:
    """Seconds of the run by one step of its networks. A `UserError` where they, or its videos, are not to be
    had."""
    from harness.console.console import RunConsole
    from harness.execution.dry_run import estimate_run
    from harness.execution.job import Launch
    from harness.execution.prepare import prepare

    root = roots.of(run.config.data.dataset)
    data_root = Path(root) if root else None
    launch = Launch(data_root=data_root, out=out, device=device, workers=0, dry_run=True)
    return estimate_run(prepare(run.config, launch, RunConsole(json=True, quiet=True))).total_s
