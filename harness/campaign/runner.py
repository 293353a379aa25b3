"""Makes each planned run by `harness run` in a process of its own. No torch."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from backbones.base.plugins import PLUGINS
from harness.campaign.child_process import Child, harness_command, run_child
from harness.campaign.data_roots import DataRoots
from harness.campaign.planned import Planned

LOG = "table-run.log"


class Status(Protocol):
    def update(self, text: str) -> None: ...


@dataclass(frozen=True)
class ChildRunner:
    """workers: decoding processes of each run; None is its own default. status: shows a run's last line.
    log: what the runs print; by default a file beside them."""

    out: Path
    roots: DataRoots
    device: str
    workers: int | None
    status: Callable[[], AbstractContextManager[Status]]
    log: Path | None = None

    def __call__(self, run: Planned) -> None:
        """Raises UserError with the reason where it fails, KeyboardInterrupt where it was stopped."""
        log = self.log or self.out / LOG
        with self.status() as status:
            run_child(Child(self.command(run), log, lambda line: status.update(line[:70])))

    def command(self, run: Planned) -> list[str]:
        typed = replace(
            run.command(),
            data_root=self.roots.of(run.config.data.dataset),
            plugins=tuple(str(path) for path in PLUGINS.files),
        )
        words = [*typed.words(), "--out", str(self.out), "--device", self.device]
        words += ["--workers", str(self.workers)] if self.workers is not None else []
        return harness_command("run", *words)
