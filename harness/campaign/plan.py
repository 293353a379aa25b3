"""From the cells that tables ask for to the runs that are missing: each configuration once. No torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

from backbones.base.errors import UserError
from backbones.base.streams import STREAMS, StreamName
from harness.campaign.planned import BEGUN, FINISHED, MISSING, Before, Planned, Wanted
from harness.campaign.shared_settings import Base, pairs_for
from harness.campaign.teachers import teacher_pairs
from harness.config.difference import run_key
from harness.config.recipe.pretraining import PreTraining, begun_from, pretrainings
from harness.config.resolve import on_own_scenes, parse_settings, resolve
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


def _turn(run: Planned) -> tuple[bool, int, bool]:
    """What was begun comes first, but nothing before what it starts from."""
    return run.state != BEGUN or bool(run.before), run.config.seed, bool(run.before)


class _Planner:
    """runs: by configuration. finished: ids of finished runs. A teacher's weights are in its run's folder."""

    def __init__(self, base: Base, finished: Mapping[str, str], folders: Sequence[RunFolder]) -> None:
        self.base, self.finished = base, finished
        self.runs: dict[str, Planned] = {}
        kept = {run_key(tree): folder for folder in folders if (tree := folder.read_config())}
        self.begun = {name for name, folder in kept.items() if not folder.finished}
        done = {name: folder for name, folder in kept.items() if folder.finished}
        # A pre-training is tested on nothing: it has no record among those of tables.
        untested = {name: folder.id for name, folder in done.items() if _is_untested(folder)}
        self.ids = untested | dict(finished)
        self.weights = {name for name, folder in done.items() if _has_weights(folder)}

    def add(self, want: Wanted) -> Planned:
        base = want.base or self.base
        config, entry = resolved(want, base), METHODS.get(want.method)
        before: list[Before] = []
        starts = pretrainings(config, over=_over(want, base))
        if entry.teacher and config.streams()[entry.teacher].weights is None:
            check_same_clip(want.method, config.streams())
            if not starts:  # else the teacher is one of the streams that the recipe trains
                teacher = replace(want, method=entry.taught_by, pairs=teacher_pairs(entry, want.pairs))
                streams = tuple(name for name in STREAMS if name == entry.teacher)
                made = resolved(teacher, base)
                config = self._from(config, streams, made, lambda: self.add(teacher), before)
                starts = pretrainings(config, over=_over(want, base))
        for start in starts:
            make = partial(self._pretraining, want, base, start)
            config = self._from(config, start.streams, start.config, make, before)
        return self._planned(want, base, config, tuple(before))

    def _from(
        self,
        config: Config,
        streams: tuple[StreamName, ...],
        source: Config,
        make: Callable[[], Planned],
        before: list[Before],
    ) -> Config:
        """With the weights of that run where it is finished; else it comes before, unless all is done."""
        name = run_key(source.plain())
        # Of a run that is not there the id is not known yet; a run from scratch is another one.
        config = begun_from(config, dict.fromkeys(streams, AS_WEIGHTS + self.ids.get(name, "")))
        if run_key(config.plain()) not in self.finished and name not in self.weights:
            first = make()
            first.state = BEGUN if name in self.begun else MISSING
            before.append(Before(first, streams))
        return config

    def _pretraining(self, want: Wanted, base: Base, start: PreTraining) -> Planned:
        what = "both streams" if len(start.streams) > 1 else f"the {start.streams[0]} stream"
        planned = self._planned(want, base, start.config, ())
        planned.text = f"pre-training of {what}, seed {start.config.seed}"
        return planned

    def _planned(self, want: Wanted, base: Base, config: Config, before: tuple[Before, ...]) -> Planned:
        name = run_key(config.plain())
        if name not in self.runs:
            state = FINISHED if name in self.ids else BEGUN if name in self.begun else MISSING
            self.runs[name] = Planned(base, config, state=state, before=before)
        self.runs[name].wanted.append(want)
        return self.runs[name]


def _over(want: Wanted, base: Base) -> dict[str, Any]:
    """What the settings say over the preset's pre-training."""
    found: dict[str, Any] = parse_settings([*pairs_for(want.method, base.pairs), *want.pairs])
    return found.get("pretraining", {})


def _is_untested(folder: RunFolder) -> bool:
    return folder.read_config().get("test", {}).get("part", "test") == "none"


def _has_weights(folder: RunFolder) -> bool:
    """Here, or in the store that it was brought home from."""
    return folder.checkpoint.exists() or bool(folder.kept_in(folder.checkpoint))


def start_from(run: Planned, ids: Sequence[str]) -> None:
    """Once the runs that it starts from are made, they are known by their ids, in the order of `before`."""
    for first, found in zip(run.before, ids, strict=True):
        run.config = begun_from(run.config, dict.fromkeys(first.streams, AS_WEIGHTS + found))


def resolved(want: Wanted, base: Base) -> Config:
    """The configuration of the run that a cell asks for."""
    config = _of_first_seed(want.method, want.pairs, want.dataset, want.split, base)
    return on_own_scenes(config.model_copy(update={"seed": want.seed}))


@cache  # many cells ask for one configuration, and each of its seeds differs in the seed alone
def _of_first_seed(method: str, pairs: tuple[str, ...], dataset: str, split: str, base: Base) -> Config:
    data = {"dataset": dataset or None, "split": split or None}
    flags = {"seed": 0, "method": {"name": method}, "data": data}
    return resolve(base.preset, flags, [*pairs_for(method, base.pairs), *pairs])


def current(record: Record) -> bool:
    """Whether its id follows today's rules: a run of the same configuration would then be the same run."""
    return record.identity == IDENTITY
