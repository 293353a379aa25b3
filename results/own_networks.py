"""Records of methods that use their own networks, next to those of a campaign's common streams. No torch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from harness.campaign.shared_settings import holds_for_own_networks
from harness.record.schema import Record
from methods.catalogue import uses_own_networks
from results.records import groups, protocol


def joining(records: Sequence[Record], first: Record, prefer: Collection[str] = ()) -> list[Record]:
    """Those that differ from the protocol of `first` in their networks alone; of each method those of one
    protocol, by preferred runs, number and date."""
    wanted = _shared(first)
    fitting: dict[str, list[Record]] = {}
    for record in records:
        name = record.config["method"]["name"]
        if uses_own_networks(name) and _shared(record) == wanted:
            fitting.setdefault(name, []).append(record)

    def rank(members: list[Record]) -> tuple[int, int, str]:
        return sum(r.id in prefer for r in members), len(members), max(r.finished for r in members)

    return [record for members in fitting.values() for record in max(groups(members).values(), key=rank)]


def _shared(record: Record) -> dict[str, Any]:
    """The protocol without the settings of such a method's own networks."""
    return {key: value for key, value in protocol(record).items() if holds_for_own_networks(key)}
