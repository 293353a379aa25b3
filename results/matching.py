"""Which records are a claim's setting, and how far their protocol is from the paper's."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backbones.base.streams import STREAMS
from harness.config.difference import as_yaml, differences, flatten
from harness.config.preset_files import preset
from harness.config.resolve import resolve
from harness.papers.registry import PAPERS
from harness.record.index.shape import R, Runs, Shape, by_shape, shape_of
from harness.record.schema import Record
from methods.defaults import defaults, non_default
from results.claims.protocols import of_another_paper, unlike
from results.claims.side import PAPER_PRESET, Side
from results.records import (
    OFFICIAL_SPLITS,
    alike,
    groups,
    method_given,
    streams,
)
from results.statistics.nested import Nested
from results.statistics.starts import Start, measured, nested

# Of what a preset resolves to besides what it says: settings of a stream that follow from no network, and
# what is the machine's matter or only says what is kept.
OF_ANY_NETWORK = ("modality", "lr_factor", "head_lr_factor", "frozen_layers")
OF_THE_MACHINE = ("train.micro_batch", "train.sync_batchnorm", "test.store_maps", "test.part")
# Keys of the paper preset that claims vary; a side that does not name one means the paper's own value.
VARIED = ("local.backbone", "global.backbone", "local.frames", "global.frames")


@PAPERS.remembered
def paper_preset(name: str = PAPER_PRESET) -> dict[str, Any]:
    """A paper's protocol, as data."""
    return preset(name)


@dataclass(frozen=True)
class Pairing:
    """Two sides measured from the same starts under one protocol. left, right: by start, in percent."""

    left: dict[Start, float]
    right: dict[Start, float]
    records: tuple[Record, ...]
    resolution: float = 0.0

    @property
    def differences(self) -> list[float]:
        return list(self._gaps.values())

    @property
    def nested(self) -> Nested:
        """The differences by pre-trained pair."""
        return nested(self._gaps, self.resolution)

    @property
    def _gaps(self) -> dict[Start, float]:
        return {start: self.left[start] - self.right[start] for start in self.left if start in self.right}


def of_setting(records: Sequence[R], side: Side, varied: Collection[str] = ()) -> list[R]:
    """The records of a side: its method, exactly its settings, and of `varied` what it or the paper names."""
    shapes = by_shape(records)
    fitting = [place for shape in shapes if _is(shape.template, side, varied) for place in shapes[shape]]
    return [records[place] for place in sorted(fitting)]


def _is(config: Mapping[str, Any], side: Side, varied: Collection[str]) -> bool:
    if config["method"]["name"] != side.name:
        return False
    asked = side.tree()
    settings = {key.removeprefix("method."): value for key, value in asked.items() if key not in VARIED}
    if not side.members and not _same(side.name, settings, config["method"].get("settings", {})):
        return False
    paper, ours = flatten(paper_preset(side.preset)), flatten(config)
    return all(ours.get(key) == asked.get(key, paper[key]) for key in varied)


def _same(method: str, asked: dict[str, Any], given: dict[str, Any]) -> bool:
    """A star is any value; what neither side says is the method's default."""
    changed = non_default(method, given)
    whole = defaults(method) | changed
    return changed.keys() <= asked.keys() and all(value in ("*", whole[key]) for key, value in asked.items())


def varied_by(*sides: Side | None) -> tuple[str, ...]:
    """The stream settings in which the sides differ."""
    return tuple(key for key in VARIED if any(side and key in side.tree() for side in sides))


def protocol_differences(record: Record, side: Side, dataset: str) -> list[str]:
    """Where a record deviates from the paper's protocol, as "train.epochs 5, not 120": its data set first.

    What the paper does not say is as its preset has it: another optimizer is another protocol, too.
    """
    weights = tuple(record.config[name].get("weights") for name in STREAMS)
    starts = record.starts_from
    scratch = tuple(
        name
        for name, each in zip(STREAMS, (starts.local, starts.glob), strict=True)
        if each.kind == "scratch"
    )
    return list(_differences(shape_of(record.config), weights, scratch, record.data.dataset, side, dataset))


@PAPERS.remembered
def _differences(
    shape: Shape,
    weights: tuple[str | None, ...],
    scratch: tuple[str, ...],
    own_dataset: str,
    side: Side,
    dataset: str,
) -> tuple[str, ...]:
    """weights: of the streams, which are not part of the shape. scratch: the streams that began with none."""
    own_preset = paper_preset(side.preset)
    paper = {f"{stream}.width": 1.0 for stream in STREAMS}
    paper |= flatten({group: own_preset[group] for group in (*STREAMS, "train", "test")})
    paper |= {key: value for key, value in _unsaid(side.preset).items() if key not in paper}
    paper |= {key: value for key, value in side.tree().items() if key in VARIED}
    ours = flatten(shape.template)
    places = [f"{name}.weights" for name in STREAMS]
    ours |= {place: given for place, given in zip(places, weights, strict=True) if place in ours}
    differing = differences(paper, ours)
    found = [
        f"{key} {as_yaml(own)}, not {as_yaml(theirs)}"
        for key, (theirs, own) in differing.items()
        if key in paper and key in ours
    ]
    recipe = own_preset.get("pretraining", {}) if side.name != "single" else {}  # which is the pre-training
    found += [f"{name} stream not pre-trained" for name in scratch if {name, "both"} & set(recipe)]
    return (*[f"data set {own_dataset}, not {dataset}"] * (own_dataset != dataset), *found)


@PAPERS.remembered
def _unsaid(name: str) -> dict[str, Any]:
    """What a preset resolves to besides what it says: how streams are trained, tested and held back. Without
    what follows from the network, from the machine, and what is kept of a run."""
    leaves = flatten(resolve(name, {}, ()).plain())
    of_streams = {f"{stream}.{key}" for stream in STREAMS for key in OF_ANY_NETWORK}
    groups = ("train.", "test.")
    wanted = (
        key for key in leaves if key.startswith(groups) or key in of_streams or key == "data.validation"
    )
    return {key: leaves[key] for key in wanted if key not in OF_THE_MACHINE}


def closest(records: Sequence[Record], side: Side, dataset: str) -> Record | None:
    """The record of this setting that deviates least from the paper's protocol."""
    runs = records if isinstance(records, Runs) else Runs(records)
    found = of_setting([runs[places[0]] for places in alike(runs)], side)
    return min(found, key=lambda record: len(protocol_differences(record, side, dataset)), default=None)


def pairings(records: Sequence[Record], left: Side, right: Side, dataset: str = "") -> list[Pairing]:
    """One pairing for each setting that `right` stands for: on the claim's data set before others, under
    no other paper's preset before one of those, then under the protocol with most seeds in common.

    Of equally many seeds it is the protocol closest to the paper's, as far as sides do not vary it.
    """
    free = varied_by(left, right)
    best: dict[str, Pairing] = {}

    def rank(pairing: Pairing) -> tuple[bool, bool, int]:
        first = pairing.records[0]
        own = not of_another_paper(first.config["preset"], left.preset)
        return first.data.dataset == dataset, own, len(pairing.differences)

    def away(members: Sequence[Record]) -> int:
        return len(protocol_differences(members[0], left, members[0].data.dataset))

    for members in sorted(groups(records, free).values(), key=away, reverse=True):
        ours = _measured(members, left, free)
        for name, theirs in _by_settings(members, right, free).items():
            if right.is_grid and name in _settings(ours.records):
                continue
            both, step = (*ours.records, *theirs.records), max(ours.step, theirs.step)
            pairing = Pairing(ours.values, theirs.values, both, step)
            if pairing.differences and (name not in best or rank(pairing) >= rank(best[name])):
                best[name] = pairing
    return list(best.values())


def of_other_streams(foreign: Sequence[Record], sides: Sequence[Side]) -> str:
    """What follows "no run of …" where such runs are there and their streams see what another paper's do."""
    for side in sides:
        for record in of_setting(foreign, side)[:1]:
            differing = "; ".join(unlike(record, side.preset))
            preset = record.config["preset"]
            return f" whose streams see what this paper's do: under preset {preset}, {differing}"
    return ""


def _settings(records: Sequence[Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in records:
        found.setdefault(str(sorted(method_given(record).items())), []).append(record)
    return found


@dataclass(frozen=True)
class _Measured:
    """A side under one protocol. values: by start. step: points of one video."""

    records: Sequence[Record]
    values: dict[Start, float]
    step: float

    @classmethod
    def of(cls, records: Sequence[Record], metric: str) -> _Measured:
        return cls(records, *measured(records, metric))


def _measured(members: Runs[Record], side: Side, free: Sequence[str]) -> _Measured:
    """Worked out once: many claims have one side in common."""
    key = "measured", side, tuple(free)
    if key not in members.memo:
        members.memo[key] = _Measured.of(of_setting(members, side, free), side.metric)
    found: _Measured = members.memo[key]
    return found


def _by_settings(members: Runs[Record], side: Side, free: Sequence[str]) -> dict[str, _Measured]:
    """The same for each setting that the side stands for."""
    key = "by settings", side, tuple(free)
    if key not in members.memo:
        parts = _settings(of_setting(members, side, free))
        members.memo[key] = {name: _Measured.of(part, side.metric) for name, part in parts.items()}
    found: dict[str, _Measured] = members.memo[key]
    return found


def where(record: Record) -> str:
    """`localglobal standard, preset tiny, r2plus1d50 ×¼ + vtn_vitb ×¼`."""
    split = "" if record.data.dataset in OFFICIAL_SPLITS else f" {record.data.split}"
    return f"{record.data.dataset}{split}, preset {record.config['preset']}, {streams(record)}"
