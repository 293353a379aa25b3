"""The runs that a table's cells need."""

from __future__ import annotations

from harness.campaign.plan import Wanted
from results.records import OFFICIAL_SPLITS
from results.tables.catalogue import Spec


def wanted(spec: Spec, dataset: str, seeds: int | None) -> list[Wanted]:
    """One entry per measured cell, seed and official split. dataset: "" is the preset's own."""
    place = spec.fixed or dataset
    splits = [str(n + 1) for n in range(OFFICIAL_SPLITS[place])] if place in OFFICIAL_SPLITS else [""]
    found = []
    for row in spec.rows:
        for metric in spec.metrics:
            side = row.side(metric)
            if side is None:
                continue
            pairs = tuple(f"{key}={value}" for key, value in side.pairs)
            found += [
                Wanted(spec.name, row.label, side.name, pairs, place, split, seed)
                for seed in range(seeds or spec.seeds)
                for split in splits
            ]
    return found
