"""Which records fill a table: those of one protocol, never a mixture."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from backbones.base.errors import UsageError
from harness.config.difference import as_yaml, differences
from harness.record.index.shape import Runs
from harness.record.schema import Record
from methods.catalogue import uses_own_networks
from results.claims.protocols import comparable, named_data, of_another_paper, tiny_of
from results.matching import VARIED, of_setting
from results.own_networks import joining
from results.records import groups, protocol
from results.tables.spec import Row, Spec


@dataclass(frozen=True)
class Choice:
    """key: the protocol's. records: of it, then those that differ from it in networks that a method has
    of its own (`Spec.own_networks`). others: by protocol, records that were left out. foreign: those left out
    since another paper's streams see other things."""

    key: str
    records: list[Record]
    others: dict[str, list[Record]]
    foreign: list[Record] = field(default_factory=list)


def of_data(
    spec: Spec, records: Sequence[Record], dataset: str | None, seeds: int | None, anyway: bool = False
) -> tuple[list[Record], list[Record]]:
    """(those that can fill the table, those of its rows that were run on other data than it is of).

    dataset, seeds: as asked for; None takes all. anyway: runs were chosen in another way, on whatever data.
    """
    wanted = [
        record
        for record in records
        if dataset in (None, record.data.dataset) and (seeds is None or record.config["seed"] < seeds)
    ]
    if spec.fixed:
        kept = [record for record in wanted if record.data.dataset == spec.fixed]
    elif anyway or dataset or not _has_own_presets(spec):
        return wanted, []
    else:
        ours = spec.rows[0].preset, tiny_of(spec.rows[0].preset)
        kept = [each for each in wanted if _on_named_data(spec, each) or each.config["preset"] in ours]
    ids = {record.id for record in kept}
    return kept, _of_rows(spec, [record for record in wanted if record.id not in ids])


def _has_own_presets(spec: Spec) -> bool:
    """Whether its paper's folder has its protocol; the harness's own presets are anybody's. The tables of all
    methods show every paper's."""
    return not spec.own_networks and bool(spec.rows) and "/" in spec.rows[0].preset


def _on_named_data(spec: Spec, record: Record) -> bool:
    return record.data.dataset in named_data(spec.rows[0].preset, (spec.paper,))


def choose(spec: Spec, records: Sequence[Record], asked: str | None, prefer: Collection[str] = ()) -> Choice:
    """The protocol with most preferred runs; then one on the data set of the reported numbers, one on another
    that the table names, one of no other paper, that with most rows, most runs in them, the latest run.

    asked: one protocol instead; a `UsageError` where no record has it.
    """
    usable, foreign = (records, []) if asked else _usable(spec, records)
    found = groups(usable, spec.free)
    if asked is not None and asked not in found:
        known = ", ".join(found) or "none"
        raise UsageError(f"no records of protocol '{asked}' for this table; there are {known}")
    if not found:
        return Choice("", [], {}, foreign)
    counts = {key: [len(_of_row(spec, row, members)) for row in spec.rows] for key, members in found.items()}
    filled = {key: sum(map(bool, rows)) for key, rows in counts.items()}

    def rank(key: str) -> tuple[int, bool, bool, bool, int, int, str]:
        preferred, first = sum(record.id in prefer for record in found[key]), found[key][0]
        place = bool(filled[key]) and first.data.dataset == spec.paper
        named = bool(filled[key]) and (spec.own_networks or _on_named_data(spec, first))
        own = bool(filled[key]) and not _of_another(spec, first)
        latest = max(record.finished for record in found[key])
        return preferred, place, named, own, filled[key], sum(counts[key]), latest

    common = [key for key in found if not uses_own_networks(found[key][0].config["method"]["name"])]
    key = asked or max(common if spec.own_networks and common else found, key=rank)
    joined = joining(records, found[key][0], prefer) if spec.own_networks and key in common else []
    ids = {record.id for record in (*found[key], *joined)}
    others = {
        name: rest
        for name, members in found.items()
        if filled[name] and (rest := [record for record in members if record.id not in ids])
    }
    return Choice(key, found[key] + joined, others, foreign)


def _usable(spec: Spec, records: Sequence[Record]) -> tuple[Sequence[Record], list[Record]]:
    """(records, those of its rows that another paper's streams keep out)."""
    if not _has_own_presets(spec):
        return records, []
    usable, others = comparable(records, spec.rows[0].preset)
    rows = {record.id for record in _of_rows(spec, usable)}
    kept = [record for record in usable if record.id in rows or not _of_another(spec, record)]
    return kept, _of_rows(spec, others)


def _of_another(spec: Spec, record: Record) -> bool:
    return not spec.own_networks and of_another_paper(record.config["preset"], spec.rows[0].preset)


def contrast(record: Record, other: Record, free: Sequence[str]) -> list[str]:
    """What two protocols differ in, as "train.lr 0.5, here 0.04"; a difference in data first."""
    found = differences(protocol(record, free), protocol(other, free))
    keys = sorted(found, key=lambda key: key != "data.dataset")
    return [f"{key} {_short(key, found[key][0])}, here {_short(key, found[key][1])}" for key in keys]


def _short(key: str, value: Any) -> str:
    if value is None and key.startswith("pretraining."):
        return "as the preset has it"
    text = as_yaml(value)
    return text if len(text) <= 24 else f"{text[:12]}…"


def _of_row(spec: Spec, row: Row, records: Sequence[Record]) -> list[Record]:
    side = row.side("top1")
    return of_setting(records, side, [key for key in VARIED if key in spec.free]) if side else []


def _of_rows(spec: Spec, records: Sequence[Record]) -> list[Record]:
    runs = Runs(records)
    found = {record.id: record for row in spec.rows for record in _of_row(spec, row, runs)}
    return list(found.values())
