"""From the cells that tables ask for to the runs that are missing: each configuration once. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from backbones.base.errors import UserError
from backbones.base.streams import LOCAL
from harness.campaign.planned import BEGUN, FINISHED, MISSING, Planned, Wanted
from harness.campaign.shared_settings import Base, pairs_for
from harness.config.difference import run_key
from harness.config.resolve import resolve
from harness.config.same_clip import check_same_clip
from harness.config.schema import Config
from harness.record.folder import RunFolder
from harness.record.identity import IDENTITY
from harness.record.schema import Record
from harness.record.starts_from import AS_WEIGHTS
from methods.catalogue import METHODS


@dataclass(frozen=True)
class Plan:
    """runs: those begun first, then seed by seed, so that a plan that is stopped has filled all rows evenly.

    impossible: (table, reason) of what cannot be run.
    """

    runs: tuple[Planned, ...]
    impossible: tuple[tuple[str, str], ...]

    def of(self, *states: str) -> list[Planned]:
        return [run for run in self.runs if run.state in states]

    @property
    def rows(self) -> int:
        return len({(want.table, want.row) for run in self.runs for want in run.wanted})

    @property
    def shared(self) -> list[Planned]:
        """The runs that serve more than one row."""
        return [run for run in self.runs if len({(want.table, want.row) for want in run.wanted}) > 1]

    def includes(self, record: Record) -> bool:
        """Whether the record is of one of its runs."""
        return run_key(record.config) in {run_key(run.config.plain()) for run in self.runs}


def plan(
    wanted: Iterable[Wanted], base: Base, records: Sequence[Record], folders: Sequence[RunFolder] = ()
) -> Plan:
    """Each configuration once, teachers before their students. records: of finished runs; folders: of runs
    that may have begun."""
    finished = {run_key(record.config): record.id for record in records if current(record)}
    planner = _Planner(base, finished, folders)
    impossible: dict[tuple[str, str], None] = {}
    for want in wanted:
        try:
            planner.add(want)
        except UserError as error:
            impossible[want.table, str(error)] = None
    in_order = sorted(planner.runs.values(), key=_turn)
    return Plan(tuple(in_order), tuple(impossible))


def _turn(run: Planned) -> tuple[bool, int]:
    """What was begun comes first, but no student before its teacher."""
    return run.state != BEGUN or run.teacher is not None, run.config.seed


class _Planner:
    """runs: by configuration. finished: ids of finished runs. A teacher's weights are in its run's folder."""

    def __init__(self, base: Base, finished: Mapping[str, str], folders: Sequence[RunFolder]) -> None:
        self.base, self.finished = base, finished
        self.runs: dict[str, Planned] = {}
        kept = {run_key(tree): folder for folder in folders if (tree := folder.read_config())}
        self.begun = {name for name, folder in kept.items() if not folder.finished}
        done = {name: folder for name, folder in kept.items() if folder.finished}
        self.weights = {name for name, folder in done.items() if folder.checkpoint.exists()}

    def add(self, want: Wanted) -> Planned:
        base = want.base or self.base
        config, teacher = resolved(want, base), None
        entry = METHODS.get(want.method)
        if entry.teacher and config.streams()[entry.teacher].weights is None:
            check_same_clip(want.method, config.streams())
            of_teacher = replace(want, method=entry.taught_by, pairs=())
            name = run_key(resolved(of_teacher, base).plain())
            if name in self.finished:
                config = begun_from(config, entry.teacher, self.finished[name])
            if run_key(config.plain()) not in self.finished and name not in self.weights:
                teacher = self.add(of_teacher)
                teacher.state = BEGUN if name in self.begun else MISSING
        return self._planned(want, base, config, teacher)

    def _planned(self, want: Wanted, base: Base, config: Config, teacher: Planned | None) -> Planned:
        name = run_key(config.plain())
        if name not in self.runs:
            state = FINISHED if name in self.finished else BEGUN if name in self.begun else MISSING
            self.runs[name] = Planned(base, config, state=state, teacher=teacher)
        self.runs[name].wanted.append(want)
        return self.runs[name]


def begun_from(config: Config, stream: str, run: str) -> Config:
    """The configuration in which the stream begins with what that run trained."""
    name = "local" if stream == LOCAL else "glob"
    taught = config.streams()[stream].model_copy(update={"weights": AS_WEIGHTS + run})
    return config.model_copy(update={name: taught})


def meet_teacher(run: Planned, folders: Sequence[RunFolder]) -> None:
    """Once the teacher is trained, its run is known by its id; a `UserError` where it is not."""
    if run.teacher is None:
        return
    name = run_key(run.teacher.config.plain())
    found = [folder.id for folder in folders if folder.finished and run_key(folder.read_config()) == name]
    if not found:
        raise UserError(f"its teacher ({run.teacher.label()}) was not trained")
    run.config = begun_from(run.config, METHODS.get(run.config.method.name).teacher, found[0])


def resolved(want: Wanted, base: Base) -> Config:
    """The configuration of the run that a cell asks for."""
    config = _of_first_seed(want.method, want.pairs, want.dataset, want.split, base)
    return config.model_copy(update={"seed": want.seed})


@cache  # many cells ask for one configuration, and each of its seeds differs in the seed alone
def _of_first_seed(method: str, pairs: tuple[str, ...], dataset: str, split: str, base: Base) -> Config:
    data = {"dataset": dataset or None, "split": split or None}
    flags = {"seed": 0, "method": {"name": method}, "data": data}
    return resolve(base.preset, flags, [*pairs_for(method, base.pairs), *pairs])


def current(record: Record) -> bool:
    """Whether its id follows today's rules: a run of the same configuration would then be the same run."""
    return record.identity == IDENTITY
