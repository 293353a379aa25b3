"""From the cells that tables ask for to the runs that are missing: each configuration once. No torch."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import harness
from backbones.errors import UserError
from harness.config import Config
from harness.record import SCHEMA, Record
from harness.resolve import resolve
from harness.runs import RunFolder
from methods.registry import METHODS

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
    """

    table: str
    row: str
    method: str
    pairs: tuple[str, ...]
    dataset: str
    split: str
    seed: int


@dataclass
class Planned:
    """A run, the cells that wait for it, and its state: finished, begun or to train. why: of a failure."""

    base: Base
    config: Config
    wanted: list[Wanted] = field(default_factory=list)
    state: str = MISSING
    why: str = ""

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
        return words + [word for pair in (*self.base.pairs, *first.pairs) for word in ("--set", pair)]


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
    """Each configuration once. records: of finished runs; folders: of runs that may have begun."""
    runs: dict[str, Planned] = {}
    impossible: dict[tuple[str, str], None] = {}
    for want in wanted:
        try:
            config = resolved(want, base)
        except UserError as error:
            impossible[want.table, str(error)] = None
            continue
        runs.setdefault(key(config.plain()), Planned(base, config)).wanted.append(want)
    finished = {key(record.config) for record in records if current(record)}
    begun = {key(tree) for folder in folders if not folder.finished and (tree := folder.read_config())}
    for name, run in runs.items():
        run.state = FINISHED if name in finished else BEGUN if name in begun else MISSING
    in_order = sorted(runs.values(), key=lambda run: (run.state != BEGUN, run.config.seed))
    return Plan(tuple(in_order), tuple(impossible))


def resolved(want: Wanted, base: Base) -> Config:
    config = _of_first_seed(want.method, want.pairs, want.dataset, want.split, base)
    return config.model_copy(update={"seed": want.seed})


@cache  # many cells ask for one configuration, and each of its seeds differs in the seed alone
def _of_first_seed(method: str, pairs: tuple[str, ...], dataset: str, split: str, base: Base) -> Config:
    data = {"dataset": dataset or None, "split": split or None}
    flags = {"seed": 0, "method": {"name": method}, "data": data}
    config = resolve(base.preset, flags, [*base.pairs, *pairs])
    teacher = METHODS.get(method).teacher
    if teacher and config.streams()[teacher].weights is None:
        raise UserError(f"'{method}' needs a trained teacher; the cells' footnotes have the command")
    return config


def current(record: Record) -> bool:
    """Whether this version of the harness made it: records of other versions are not mixed with its own."""
    return record.harness_version == harness.__version__ and record.schema_version == SCHEMA


def key(tree: Mapping[str, Any]) -> str:
    """The same for two configurations that are one run, up to the precision that the device resolves."""
    try:
        plain = Config.model_validate(tree).plain()  # settings that are newer than a record have a default
    except ValueError:
        plain = dict(tree)
    return json.dumps({**plain, "precision": None}, sort_keys=True)


def same_cost(config: Mapping[str, Any]) -> str:
    """The same for configurations that take about as long: only the method and the seed differ."""
    plain = json.loads(key(config))
    return json.dumps({name: value for name, value in plain.items() if name not in ("method", "seed")})


def base_of(record: Record) -> Base:
    """What a record's run shares with others of its protocol, the precision that it resolved included."""
    config = Config.model_validate(record.config)
    precision = record.resolved.get("precision") or config.precision
    return Base(config.preset, (*departures(config), f"precision={precision}"))


def departures(config: Config) -> tuple[str, ...]:
    """The `--set` pairs that make a preset into this configuration; its method, data set, seed left out."""
    flags = {"method": {"name": config.method.name}, "data": {"dataset": config.data.dataset}}
    pairs: list[str] = []
    plain = _leaves(resolve(config.preset, flags, ()).plain())
    for name, stream in config.streams().items():
        if plain[f"{name}.backbone"] != stream.backbone:
            pairs.append(f"{name}.backbone={stream.backbone}")
    theirs = _leaves(resolve(config.preset, flags, pairs).plain())
    for name, value in _leaves(config.plain()).items():
        own = name in NOT_SHARED or name.startswith("method.")
        if not own and (name not in theirs or theirs[name] != value):
            pairs.append(f"{name}={json.dumps(value, ensure_ascii=False, separators=(',', ':'))}")
    return tuple(pairs)


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """{"local.settings.window": 16, …}, as `--set` names them."""
    found: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, Mapping):
            found |= _leaves(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = value
    return found
