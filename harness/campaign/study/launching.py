"""The pairs of a study as processes of their own: `harness study pair`. No torch."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from backbones.base.errors import UserError
from harness.campaign.engines.stop import Stop
from harness.campaign.engines.task import Engine, Task, harness_command
from harness.campaign.engines.through import Kept
from harness.campaign.store.folders import fetch
from harness.campaign.store.home import RECORDS
from harness.campaign.store.place import Store
from harness.campaign.study.records import keep
from harness.record.folder import RunFolder, all_runs

LOGS, PAIR = "logs", "pair-"
Tell = Callable[[str | None], None]  # a line that a pair printed; None: it has begun


@dataclass(frozen=True)
class Launching:
    """What the processes of all pairs share. Paths are absolute. plan: its file. root: folder of the data
    set. workers: decoding processes of each. code: the checkout whose code they run; None is this one.
    sources: words that name papers and plug-ins."""

    plan: Path
    out: Path
    records: Path
    root: Path | None
    device: str
    workers: int
    code: Path | None
    sources: Sequence[str] = ()

    def task(self, number: int, tell: Tell) -> Task:
        # The code of a study may be older than this: options that it does not know end it.
        words = ["--device", self.device, "--workers", str(self.workers)]
        words += ["--out", str(self.out), "--records", str(self.records)]
        words += ["--data-root", str(self.root)] if self.root else []
        words += self.sources
        name = f"{PAIR}{number:03d}"
        command = harness_command("study", "pair", str(self.plan), str(number), *words)
        log = self.out / LOGS / f"{name}.log"
        return Task(name, command, log, partial(tell, None), tell, self._environment())

    def _environment(self) -> dict[str, str]:
        if not self.code:
            return {}
        first = [str(self.code), *filter(None, [os.environ.get("PYTHONPATH")])]
        return {"PYTHONPATH": os.pathsep.join(first)}


def keeper(records: Path, store: Store) -> Kept:
    """Keeps the records of a pair that was made elsewhere, and its ensembles, for which outputs are
    needed."""

    def kept(name: str, runs: Sequence[RunFolder]) -> None:
        if runs:
            keep(records, int(name.removeprefix(PAIR)), runs)
        fetch(
            store,
            f"{RECORDS}/{name}",
            records,
            lambda file: file == f"{name.replace(PAIR, 'ensembles-')}.jsonl",
        )

    return kept


def drop_weights(runs: Path, sha256: str, whole: Callable[[int], bool]) -> None:
    """Of pairs that are whole: a process that was killed while it deleted them has left some.

    runs: the folder of the study's runs. sha256: of its plan.
    """
    for folder in all_runs(runs):
        if not (folder.finished and folder.checkpoint.exists()):
            continue
        try:
            study = folder.run_record().study
        except UserError:  # is named by what reads its result
            continue
        if study and study.plan_sha256 == sha256 and whole(study.pair):
            folder.checkpoint.unlink(missing_ok=True)


def make_pairs(tasks: Mapping[int, Task], engine: Engine, whole: Callable[[int], bool]) -> dict[int, str]:
    """Why each pair is not whole, by its number. whole: by the records that are kept of it.

    KeyboardInterrupt where it was stopped; all that ran have written their checkpoints by then.
    """
    numbers = {task.name: number for number, task in tasks.items()}
    reasons, stop = dict[int, str](), Stop()
    with stop.listening(), closing(engine.launch(lambda: [*tasks.values()], stop)) as outcomes:
        for outcome in outcomes:
            if not whole(numbers[outcome.name]):
                reasons[numbers[outcome.name]] = outcome.reason or "it ended, and runs of it are missing"
    if stop.asked:
        raise KeyboardInterrupt
    return reasons
