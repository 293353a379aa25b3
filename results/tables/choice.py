"""Which records fill a table: those of one protocol, never a mixture."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from backbones.base.errors import UsageError
from harness.config.difference import as_yaml, differences
from harness.record.schema import Record
from methods.catalogue import uses_own_networks
from results.claims.protocols import protocols
from results.matching import VARIED, of_setting
from results.own_networks import joining
from results.records import groups, protocol
from results.tables.spec import Row, Spec


@dataclass(frozen=True)
class Choice:
    """key: the protocol's. records: of it, then those that differ from it in networks that a method has
    of its own (`Spec.own_networks`). others: by protocol, records that were left out."""

    key: str
    records: list[Record]
    others: dict[str, list[Record]]


def choose(spec: Spec, records: Sequence[Record], asked: str | None, prefer: Collection[str] = ()) -> Choice:
    """The protocol with most preferred runs; then that with most rows, most runs in them, the latest run.

    asked: one protocol instead; a `UsageError` where no record has it.
    """
    found = groups(records if asked else _own(spec, records), spec.free)
    if asked is not None and asked not in found:
        known = ", ".join(found) or "none"
        raise UsageError(f"no records of protocol '{asked}' for this table; there are {known}")
    if not found:
        return Choice("", [], {})
    counts = {key: [len(_of_row(spec, row, members)) for row in spec.rows] for key, members in found.items()}
    filled = {key: sum(map(bool, rows)) for key, rows in counts.items()}

    def rank(key: str) -> tuple[int, int, int, str]:
        preferred = sum(record.id in prefer for record in found[key])
        return preferred, filled[key], sum(counts[key]), max(record.finished for record in found[key])

    common = [key for key in found if not uses_own_networks(found[key][0].config["method"]["name"])]
    key = asked or max(common if spec.own_networks and common else found, key=rank)
    joined = joining(records, found[key][0], prefer) if spec.own_networks and key in common else []
    ids = {record.id for record in (*found[key], *joined)}
    others = {
        name: rest
        for name, members in found.items()
        if filled[name] and (rest := [record for record in members if record.id not in ids])
    }
    return Choice(key, found[key] + joined, others)


def _own(spec: Spec, records: Sequence[Record]) -> list[Record]:
    """Of a paper whose presets lie in its folder, none that was run under another paper's: there, a stream of
    the same name may see other things."""
    preset = spec.rows[0].preset if spec.rows else ""
    if "/" not in preset:
        return list(records)
    others = {each for pair in protocols().items() if pair[0] != preset for each in pair}
    return [record for record in records if record.config["preset"] not in others]


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
