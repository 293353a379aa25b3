"""One pair of a study in one process: its pre-training, then every arm from there.

A process of its own for every run would spend more time on imports and on costs than a short joint training
takes. What is random in a run depends on its seed and step alone, so that it gives the same here as alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from backbones.base.errors import UserError
from backbones.base.streams import StreamName
from harness.campaign.arm import Arm
from harness.campaign.made import made
from harness.campaign.study.plan import StudyPlan
from harness.campaign.study.tasks import PRETRAINING, Task, tasks
from harness.config.recipe.pretraining import PreTraining
from harness.record.failures import clear, note
from harness.record.folder import RunFolder

if TYPE_CHECKING:
    from harness.execution.job import Launch
    from harness.execution.reporter import Reporter


@dataclass(frozen=True)
class Made:
    """folders: of the finished runs, pre-trainings first. failed: (arm, joint seed, why)."""

    folders: tuple[RunFolder, ...]
    failed: tuple[tuple[str, int, str], ...]


def make_pair(
    plan: StudyPlan, sha256: str, arms: Sequence[Arm], pair: int, launch: Launch, reporter: Reporter
) -> Iterator[Made]:
    """Makes what is missing, and says after each run what there is. A run that fails costs itself alone; one
    that was asked to stop ends the pair.
    """
    from harness.training.stopping import Stopped

    before: dict[str, RunFolder] = {}
    folders: list[RunFolder] = []
    failed: list[tuple[str, int, str]] = []
    for task in tasks(plan, sha256, arms, pair):
        config = task.recipe.with_weights().plain()  # whichever runs it starts from: they may have failed
        reporter.say(f"pair {pair}, {task.facts.arm}, joint seed {task.facts.seed}")
        try:
            folders.append(_make(task, before, launch, reporter))
        except Stopped:
            raise
        except UserError as error:
            note(launch.out, config, str(error))
            failed.append((task.facts.arm, task.facts.seed, str(error)))
            reporter.say(f"failed: {error}")
        else:
            clear(launch.out, config)
        yield Made((*before.values(), *folders), tuple(failed))


def _make(task: Task, before: dict[str, RunFolder], launch: Launch, reporter: Reporter) -> RunFolder:
    """The run's folder, after its pre-trainings, which arms share. before: those that were made."""
    from harness.execution.execute import execute

    ids: dict[StreamName, str] = {}
    for start in task.recipe.before:
        key = start.config.model_dump_json()
        if key not in before:
            before[key] = _pretrained(start, task, launch, reporter)
        ids |= dict.fromkeys(start.streams, before[key].id)
    config = task.recipe.with_weights(ids)
    lost = [start for start in task.recipe.before if _is_lost(before[start.config.model_dump_json()])]
    if lost and (found := made(launch.out, config)[0]):
        return found
    for start in lost:
        reporter.say("the weights of the pre-training are gone: it is made again")
        again = replace(launch, restart=True)
        before[start.config.model_dump_json()] = _pretrained(start, task, again, reporter)
    return execute(config, replace(launch, study=task.facts), reporter).folder


def _pretrained(start: PreTraining, task: Task, launch: Launch, reporter: Reporter) -> RunFolder:
    from harness.execution.execute import execute

    facts = task.facts.model_copy(update={"arm": PRETRAINING, "seed": 0})
    with start.named():
        return execute(start.config, replace(launch, study=facts), reporter).folder


def _is_lost(run: RunFolder) -> bool:
    """Whether its weights are deleted, as those of a whole pair are; a record of it may be missing since."""
    return not run.checkpoint.exists() and not run.kept_in(run.checkpoint)
