"""Values as cells: with the interval that they have, and what it is over. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from harness.console.signed import signed
from harness.record.schema import Difference, Record
from results.claims.side import Side
from results.records import run_ids, share
from results.statistics.nested import Nested
from results.statistics.starts import measured
from results.tables.model import Cell


def reported(text: str | None) -> Cell:
    """As the paper prints it, with its value where it is a number."""
    try:
        return Cell(text or "", float(text) if text else None)
    except ValueError:
        return Cell(text or "")


def one_seed(side: Side, members: Sequence[Record]) -> Cell:
    """With the record's own interval over videos, where the value is of one record."""
    (value,), runs = measured(members, side.metric)[0].values(), run_ids(members)
    if len(members) > 1:
        return Cell(f"{value:.1f}", value, n=1, runs=runs)
    found = share(members[0], side.metric)
    assert found
    return Cell(f"{value:.1f} [{found.low:.1f}, {found.high:.1f}]", value, found.low, found.high, 1, runs)


def over_pairs(values: Nested, sign: str = "", fewer: str | None = None) -> Cell:
    """The mean with its interval over pre-trainings."""
    found, n = values.over_pretrainings(), values.pairs
    shown = f" (n={n})" if fewer is None else fewer
    centre = signed(found.centre, 1, plus=bool(sign))
    if not isfinite(found.half):
        return Cell(f"{centre}{shown}", found.centre, n=n)
    return Cell(f"{centre} ± {found.half:.1f}{shown}", found.centre, found.low, found.high, n)


def one_gap(centre: float, gaps: Sequence[Difference], runs: tuple[str, ...]) -> Cell:
    """The difference of one run of each, with its interval over videos where that is known."""
    if len(gaps) != 1:
        return Cell(signed(centre, 1), centre, n=1, runs=runs)
    low, high = gaps[0].low, gaps[0].high
    text = f"{signed(centre, 1)} [{signed(low, 1)}, {signed(high, 1)}]"
    return Cell(text, centre, low, high, 1, runs)
