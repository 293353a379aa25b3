"""Which records are a claim's setting, and how far their protocol is from the paper's."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Protocol, TypeVar

import yaml

from harness.campaign.plan import departures, fitting
from harness.config.schema import Config
from harness.data.registry import REGISTRY as DATASETS
from harness.record.schema import Record
from methods.defaults import defaults, departing
from methods.registry import FUSIONS, brings_networks, teacher_of
from results.claims.side import PAPER_PRESET, Side
from results.records import (
    OFFICIAL_SPLITS,
    by_seed,
    differing,
    flat,
    groups,
    method_settings,
    streams,
)

# Keys of the paper preset that claims vary; a side that does not name one means the paper's own value.
VARIED = ("local.backbone", "global.backbone", "local.frames", "global.frames")


@cache
def paper_preset(name: str = PAPER_PRESET) -> dict[str, Any]:
    """A paper's protocol, as data."""
    text = resources.files("harness.config").joinpath(f"presets/{name}.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


@dataclass(frozen=True)
class Pairing:
    """Two sides measured with the same seeds under one protocol. left, right: by seed, in percent."""

    left: dict[int, float]
    right: dict[int, float]
    records: tuple[Record, ...]

    @property
    def differences(self) -> list[float]:
        return [self.left[seed] - self.right[seed] for seed in self.left if seed in self.right]


class Configured(Protocol):
    """A record, or anything else that was run with a configuration."""

    @property
    def config(self) -> dict[str, Any]: ...


R = TypeVar("R", bound=Configured)


def of_setting(records: Sequence[R], side: Side, varied: Collection[str] = ()) -> list[R]:
    """The records of a side: its method, exactly its settings, and of `varied` what it or the paper names."""
    return [record for record in records if _is(record, side, varied)]


def _is(record: Configured, side: Side, varied: Collection[str]) -> bool:
    if record.config["method"]["name"] != side.name:
        return False
    asked = side.tree()
    settings = {key.removeprefix("method."): value for key, value in asked.items() if key not in VARIED}
    if not _same(side.name, settings, record.config["method"].get("settings", {})):
        return False
    paper, ours = flat(paper_preset(side.preset)), flat(record.config)
    return all(ours.get(key) == asked.get(key, paper[key]) for key in varied)


def _same(method: str, asked: dict[str, Any], given: dict[str, Any]) -> bool:
    """A star is any value; what neither side says is the method's default."""
    departs = departing(method, given)
    whole = defaults(method) | departs
    return departs.keys() <= asked.keys() and all(value in ("*", whole[key]) for key, value in asked.items())


def varied_by(*sides: Side | None) -> tuple[str, ...]:
    """The stream settings in which the sides differ."""
    return tuple(key for key in VARIED if any(side and key in side.tree() for side in sides))


def protocol_differences(record: Record, side: Side, dataset: str) -> list[str]:
    """Where a record departs from the paper's protocol: its data set first."""
    paper = {key: paper_preset(side.preset)[key] for key in ("local", "global", "train", "test")}
    wanted = {"local": {"width": 1.0}, "global": {"width": 1.0}}
    paper = {key: wanted.get(key, {}) | value for key, value in paper.items()}
    for key, value in side.tree().items():
        if key in VARIED:
            stream, _, what = key.partition(".")
            paper[stream] = paper[stream] | {what: value}
    other_data = [f"data set {record.data.dataset}, not {dataset}"] if record.data.dataset != dataset else []
    return other_data + differing({key: record.config[key] for key in paper}, paper)


def closest(records: Sequence[Record], side: Side, dataset: str) -> Record | None:
    """The record of this setting that departs least from the paper's protocol."""
    found = of_setting(records, side)
    return min(found, key=lambda record: len(protocol_differences(record, side, dataset)), default=None)


def pairings(records: Sequence[Record], left: Side, right: Side) -> list[Pairing]:
    """One pairing for each setting that `right` stands for, under the protocol with most seeds in common.

    Of equally many seeds it is the protocol closest to the paper's, as far as sides do not vary it.
    """
    free = varied_by(left, right)
    best: dict[str, Pairing] = {}

    def away(members: Sequence[Record]) -> int:
        return len(protocol_differences(members[0], left, members[0].data.dataset))

    for members in sorted(groups(records, free).values(), key=away, reverse=True):
        ours = of_setting(members, left, free)
        for name, theirs in _settings(of_setting(members, right, free)).items():
            if right.is_grid and name in _settings(ours):
                continue
            pairing = _pair(ours, theirs, left.metric, right.metric)
            if pairing.differences and _beats(pairing, best.get(name)):
                best[name] = pairing
    return list(best.values())


def _settings(records: Sequence[Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in records:
        found.setdefault(str(sorted(method_settings(record).items())), []).append(record)
    return found


def _pair(ours: Sequence[Record], theirs: Sequence[Record], metric: str, other: str) -> Pairing:
    return Pairing(by_seed(ours, metric), by_seed(theirs, other), (*ours, *theirs))


def _beats(new: Pairing, old: Pairing | None) -> bool:
    return old is None or len(new.differences) >= len(old.differences)


def where(record: Record) -> str:
    """`localglobal standard, preset tiny, r2plus1d50 ×¼ + vtn_vitb ×¼`."""
    split = "" if record.data.dataset in OFFICIAL_SPLITS else f" {record.data.split}"
    return f"{record.data.dataset}{split}, preset {record.config['preset']}, {streams(record)}"


HELD_OUT = "--set fit.share=0.1"  # groups of training videos that the streams leave to rules that learn
TINY = {"paper": "tiny", "genkd": "genkd-tiny"}
# The table, and the paper, of the students of a trained teacher: its plan trains that first.
WITH_TEACHERS = "genkd"


def run_command(
    side: Side, dataset: str, seeds: int = 5, like: Record | None = None, restart: bool = False
) -> str:
    """What makes a side's records: under the paper's protocol, or as `like` was run.

    `harness run`; of a student whose teacher is not known, the table that trains that first, seed by seed.
    restart: to make again what is there.
    """
    # What was run on no data set yet is first run on the clips that need none.
    preset = like.config["preset"] if like else side.preset
    if not dataset and not like:
        dataset, preset = "localglobal", TINY.get(preset, preset)
    dataset = like.data.dataset if like else dataset
    teacher = teacher_of(side.name)
    if teacher and not (like and like.config["method"]["name"] == side.name):
        return _with_teachers(side, dataset, preset, seeds, like)
    local = like.config["local"]["backbone"] if like else paper_preset(side.preset)["local"]["backbone"]
    words = ["harness run", f"--method {side.name}"]
    if not brings_networks(side.name):
        words.append(f"--backbone {side.tree().get('local.backbone', local)}")
    words.append(f"--preset {preset} --dataset {dataset}")
    if like and teacher:
        words.append(f"--weights-{teacher} {shlex.quote(like.config[teacher]['weights'])}")
    words += ["--data-root DIR"] * (dataset != "localglobal")
    words += ['--split "$split"'] if dataset in OFFICIAL_SPLITS else _other_split(like)
    pairs = [f"{key}={value}" for key, value in side.pairs if key != "local.backbone" and value != "*"]
    words += _settings_of(like, side, "local.backbone") + _given(pairs)
    if _fits_on_nothing(side, preset, like):
        words = [word for word in words if not word.startswith("--set fit.")] + [HELD_OUT]
    words += [f"--seeds {seeds}", *["--restart"] * restart]
    return _on_each_split(" ".join(words), dataset)


def _other_split(like: Record | None) -> list[str]:
    """Where the record is not of its data set's first split."""
    known = DATASETS.get(like.data.dataset).splits if like and like.data.dataset in DATASETS else ()
    return [f"--split {like.data.split}"] if like and known and like.data.split != known[0] else []


def _on_each_split(command: str, dataset: str) -> str:
    """Accuracy on these is the mean over their official splits."""
    splits = " ".join(str(n + 1) for n in range(OFFICIAL_SPLITS.get(dataset, 0)))
    return f"for split in {splits}; do {command}; done" if splits else command


def _fits_on_nothing(side: Side, preset: str, like: Record | None) -> bool:
    """Whether the rule learns, and the streams would leave it nothing to learn from."""
    fit = like.config.get("fit", {}) if like else paper_preset(preset).get("fit", {})
    held = fit.get("share") or fit.get("folds") or any(key.startswith("fit.") for key, _ in side.pairs)
    return side.output in FUSIONS and FUSIONS.get(side.output).learned and not held


def _with_teachers(side: Side, dataset: str, preset: str, seeds: int, like: Record | None) -> str:
    """The method's own settings are the table's rows; a run of another protocol says nothing of theirs."""
    words = [f"harness table {WITH_TEACHERS} --run"]
    if preset not in (WITH_TEACHERS, TINY[WITH_TEACHERS]):
        preset, like = TINY[WITH_TEACHERS], None
    words.append(f"--preset {preset} --dataset {dataset}")
    words += [f"--data-root {dataset}=DIR"] * (dataset != "localglobal")
    pairs = [f"{key}={value}" for key, value in side.pairs if not key.startswith("method.")]
    words += _settings_of(like, side) + _given(pairs)
    return " ".join([*words, f"--seeds {seeds}"])


def _settings_of(like: Record | None, side: Side, *named: str) -> list[str]:
    """Where the record departs from its preset, as far as it concerns the side and is not named anyway."""
    if like is None:
        return []
    # A teacher's weights are the method's, and of another method no part.
    but = {*named, *(key for key, _ in side.pairs), f"{teacher_of(like.config['method']['name'])}.weights"}
    own = departures(Config.model_validate(like.config))
    return _given(pair for pair in fitting(side.name, own) if pair.partition("=")[0] not in but)


def _given(pairs: Iterable[str]) -> list[str]:
    return [f"--set {shlex.quote(pair)}" for pair in pairs]
