"""Each planned run as a process of its own: `harness run`. No torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from backbones.base.plugins import PLUGINS
from harness.campaign.data_roots import DataRoots
from harness.campaign.engines.chosen import Place, through
from harness.campaign.engines.stop import Stop
from harness.campaign.engines.task import Engine, Outcomes, Ready, Task, harness_command
from harness.campaign.planned import Planned
from harness.record.failures import short_name
from harness.record.starts_from import AS_WEIGHTS

LOGS = "logs"


@dataclass(frozen=True)
class ChildRunner:
    """workers: decoding processes of each run; None is its own default. show: is told a run's last line.
    logs: folder of what the runs print."""

    engine: Engine
    out: Path
    roots: DataRoots
    device: str
    workers: int | None
    show: Callable[[str], None]
    logs: Path

    def task(self, run: Planned) -> Task:
        name = short_name(run.config.plain())
        weights = [stream.weights or "" for stream in run.config.streams().values()]
        needs = {each.removeprefix(AS_WEIGHTS) for each in weights if each.startswith(AS_WEIGHTS)}
        log = self.logs / f"{name}.log"
        return Task(name, self.command(run), log, tell=self.show, needs=sorted(needs))

    def launch(self, ready: Ready, stop: Stop) -> Outcomes:
        return self.engine.launch(ready, stop)

    def command(self, run: Planned) -> list[str]:
        typed = replace(
            run.command(),
            data_root=self.roots.of(run.config.data.dataset),
            plugins=tuple(str(path) for path in PLUGINS.files),
        )
        # Waited for: a run that a process of an earlier campaign, which was killed, is still making.
        words = [*typed.words(), "--out", str(self.out), "--device", self.device, "--wait"]
        words += ["--workers", str(self.workers)] if self.workers is not None else []
        return harness_command("run", *words)


def runner_at(
    place: Place,
    out: Path,
    roots: DataRoots,
    device: str,
    workers: int | None,
    show: Callable[[str], None],
    logs: Path,
) -> ChildRunner:
    """Of runs there, each with its share of that place's cores where nobody says how many decode."""
    each = place.workers if workers is None else workers
    return ChildRunner(through(place, out, out), out, roots, device, each, show, logs)
