"""From the cells that tables ask for to the runs that are missing: each configuration once. No torch."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import harness
from backbones.base.errors import UserError
from backbones.building import known
from harness.config.resolve import TWIN, plainest, resolve
from harness.config.same_clip import check_one_clip
from harness.config.schema import Config
from harness.data.registry import REGISTRY as DATASETS
from harness.record.folder import AS_WEIGHTS, RunFolder
from harness.record.schema import SCHEMA, Record
from methods.registry import METHODS, brings_networks, teacher_of

FINISHED, BEGUN, MISSING = "finished", "begun", "to train"
# What tables vary, or a run's own: not part of the settings that all runs of a campaign share.
NOT_SHARED = ("preset", "seed", "precision", "data.dataset", "data.split")


@dataclass(frozen=True)
class Base:
    """What all runs of a campaign share. pairs: as `--set` takes them."""

    preset: str
    pairs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """What a cell needs: one run.

    table, row: whose. pairs: what the row sets. dataset, split: "" is the preset's own, the first one.
    base: what it shares with the other runs of its table, where that is not the plan's.
    """

    table: str
    row: str
    method: str
    pairs: tuple[str, ...]
    dataset: str
    split: str
    seed: int
    base: Base | None = None


@dataclass
class Planned:
    """A run, the cells that wait for it, and its state: finished, begun or to train. why: of a failure.

    teacher: the run whose weights it begins with, where that has to be made first.
    """

    base: Base
    config: Config
    wanted: list[Wanted] = field(default_factory=list)
    state: str = MISSING
    why: str = ""
    teacher: Planned | None = None

    def label(self) -> str:
        """`mbd, final=false, seed 1`."""
        first = self.wanted[0]
        pairs = [pair.removeprefix("method.") for pair in first.pairs]
        split = [f"split {first.split}"] if first.split else []
        return ", ".join([first.method, *pairs, *split, f"seed {first.seed}"])

    def arguments(self) -> list[str]:
        """Of `harness run`, without where its data and its results are."""
        first = self.wanted[0]
        words = ["--method", first.method, "--preset", self.base.preset, "--seed", str(first.seed)]
        words += ["--dataset", first.dataset] if first.dataset else []
        words += ["--split", first.split] if first.split else []
        stream = METHODS.get(first.method).teacher
        if stream and (weights := self.config.streams()[stream].weights) and weights.startswith(AS_WEIGHTS):
            words += [f"--weights-{stream}", weights]
        pairs = (*fitting(first.method, self.base.pairs), *first.pairs)
        return words + [word for pair in pairs for word in ("--set", pair)]


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


def plan(
    wanted: Iterable[Wanted], base: Base, records: Sequence[Record], folders: Sequence[RunFolder] = ()
) -> Plan:
    """Each configuration once, teachers before their students. records: of finished runs; folders: of runs
    that may have begun."""
    finished = {key(record.config): record.id for record in records if current(record)}
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
        kept = {key(tree): folder for folder in folders if (tree := folder.read_config())}
        self.begun = {name for name, folder in kept.items() if not folder.finished}
        done = {name: folder for name, folder in kept.items() if folder.finished}
        self.weights = {name for name, folder in done.items() if folder.checkpoint.exists()}

    def add(self, want: Wanted) -> Planned:
        base = want.base or self.base
        config, teacher = resolved(want, base), None
        entry = METHODS.get(want.method)
        if entry.teacher and config.streams()[entry.teacher].weights is None:
            check_one_clip(want.method, config.streams())
            lesson = replace(want, method=entry.taught_by, pairs=())
            name = key(resolved(lesson, base).plain())
            if name in self.finished:
                config = begun_from(config, entry.teacher, self.finished[name])
            if key(config.plain()) not in self.finished and name not in self.weights:
                teacher = self.add(lesson)
                teacher.state = BEGUN if name in self.begun else MISSING
        return self._planned(want, base, config, teacher)

    def _planned(self, want: Wanted, base: Base, config: Config, teacher: Planned | None) -> Planned:
        name = key(config.plain())
        if name not in self.runs:
            state = FINISHED if name in self.finished else BEGUN if name in self.begun else MISSING
            self.runs[name] = Planned(base, config, state=state, teacher=teacher)
        self.runs[name].wanted.append(want)
        return self.runs[name]


def begun_from(config: Config, stream: str, run: str) -> Config:
    """The configuration in which the stream begins with what that run trained."""
    name = "local" if stream == "local" else "glob"
    taught = config.streams()[stream].model_copy(update={"weights": AS_WEIGHTS + run})
    return config.model_copy(update={name: taught})


def meet_teacher(run: Planned, folders: Sequence[RunFolder]) -> None:
    """Once the teacher is trained, its run is known by its id; a `UserError` where it is not."""
    if run.teacher is None:
        return
    name = key(run.teacher.config.plain())
    found = [folder.id for folder in folders if folder.finished and key(folder.read_config()) == name]
    if not found:
        raise UserError(f"its teacher ({run.teacher.label()}) was not trained")
    run.config = begun_from(run.config, METHODS.get(run.config.method.name).teacher, found[0])


def resolved(want: Wanted, base: Base) -> Config:
    config = _of_first_seed(want.method, want.pairs, want.dataset, want.split, base)
    return config.model_copy(update={"seed": want.seed})


@cache  # many cells ask for one configuration, and each of its seeds differs in the seed alone
def _of_first_seed(method: str, pairs: tuple[str, ...], dataset: str, split: str, base: Base) -> Config:
    data = {"dataset": dataset or None, "split": split or None}
    flags = {"seed": 0, "method": {"name": method}, "data": data}
    return resolve(base.preset, flags, [*fitting(method, base.pairs), *pairs])


def fitting(method: str, pairs: Iterable[str]) -> tuple[str, ...]:
    """Of the settings of a campaign those for this method: one that brings its own networks is told nothing
    of the others' networks, and takes its clips, width and rates from what is said of the local stream."""
    brings = brings_networks(method)
    return tuple(pair for pair in pairs if not brings or beside_own_networks(pair.partition("=")[0]))


def beside_own_networks(key: str) -> bool:
    """Whether a setting holds for a method that brings its own networks (`MethodEntry.twins`)."""
    stream, _, what = key.partition(".")
    if stream in ("local", "global"):
        return stream == "local" and (what in TWIN or what.startswith("flow."))
    return key != "test.global_clips"


def current(record: Record) -> bool:
    """Whether this version of the harness made it: records of other versions are not mixed with its own."""
    return record.harness_version == harness.__version__ and record.schema_version == SCHEMA


def key(tree: Mapping[str, Any]) -> str:
    """The same for two configurations that are one run, up to the precision that the device resolves."""
    try:
        # Settings that are newer than a record have a default.
        plain = plainest(Config.model_validate(tree)).plain()
    except ValueError:
        plain = dict(tree)
    return json.dumps({**plain, "precision": None}, sort_keys=True)


def same_cost(config: Mapping[str, Any]) -> str:
    """The same for configurations that take about as long: only the method and the seed differ."""
    plain = json.loads(key(config))
    for stream in ("local", "global"):  # which run it begins with changes with the seed
        if str(plain[stream]["weights"]).startswith(AS_WEIGHTS):
            plain[stream]["weights"] = AS_WEIGHTS
    return json.dumps({name: value for name, value in plain.items() if name not in ("method", "seed")})


def base_of(record: Record) -> Base:
    """What a record's run shares with others of its protocol, the precision that it resolved included."""
    config = Config.model_validate(record.config)
    precision = record.resolved.get("precision") or config.precision
    return Base(config.preset, (*departures(config), f"precision={precision}"))


def departures(config: Config) -> tuple[str, ...]:
    """The `--set` pairs that make a preset into this configuration; its method, data set, seed left out."""
    # A record may be of a plug-in that is not loaded now: its names say nothing of the preset then.
    method = config.method.name if config.method.name in METHODS else ""
    of = config.preset, method, config.data.dataset if config.data.dataset in DATASETS else ""
    not_shared = {*NOT_SHARED, f"{teacher_of(config.method.name)}.weights"}
    pairs: list[str] = []
    plain = _leaves_of(*of)
    for name, stream in config.streams().items():
        if plain[f"{name}.backbone"] != stream.backbone:
            pairs.append(f"{name}.backbone={stream.backbone}")
    theirs = _leaves_of(*of, tuple(pair for pair in pairs if known(pair.partition("=")[2])))
    for name, value in _leaves(config.plain()).items():
        own = name in not_shared or name.startswith("method.")
        if not own and (name not in theirs or theirs[name] != value):
            pairs.append(f"{name}={json.dumps(value, ensure_ascii=False, separators=(',', ':'))}")
    return tuple(pairs)


@cache  # of the records of a campaign it is one
def _leaves_of(preset: str, method: str, dataset: str, pairs: tuple[str, ...] = ()) -> dict[str, Any]:
    flags = {"method": {"name": method or None}, "data": {"dataset": dataset or None}}
    return _leaves(resolve(preset, flags, pairs).plain())


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """{"local.settings.window": 16, …}, as `--set` names them."""
    found: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, Mapping):
            found |= _leaves(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = value
    return found
