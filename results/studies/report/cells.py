"""How intervals, p values and chances are written in a study's tables."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite

from harness.console.signed import signed
from results.statistics.nested import Interval
from results.studies.contrast import Contrast
from results.tables.model import Cell, Table

OVER, THESE = "over pre-trainings", "for these pre-trained streams"
NONE = "—"


def percent(interval: Interval, pairs: int) -> Cell:
    """`87.1 ± 1.3`."""
    return _cell(f"{interval.centre:.1f}", f"{interval.half:.1f}", interval, pairs)


def points(interval: Interval, pairs: int) -> Cell:
    """`+0.31 ± 0.52`."""
    return _cell(signed(interval.centre), f"{interval.half:.2f}", interval, pairs)


def half(interval: Interval) -> Cell:
    """`± 0.52`: the centre stands beside it."""
    if not isfinite(interval.half):
        return Cell(NONE)
    return Cell(f"± {interval.half:.2f}", interval.half, interval.low, interval.high)


def number(value: float | None, digits: int = 2) -> Cell:
    """A cell with so many digits after the point."""
    return Cell(NONE) if value is None else Cell(f"{value:.{digits}f}", value)


def chance(p: float) -> Cell:
    """`0.013`, or `< 0.0001`."""
    return Cell("< 0.0001" if p < 0.0001 else f"{p:.2g}", p)


def share(value: float) -> str:
    """`83 %`; neither certain nor impossible where it is only nearly so."""
    return "> 99 %" if value > 0.99 else "< 1 %" if value < 0.01 else f"{100 * value:.0f} %"


def shown(found: Contrast) -> str:
    """`19 of 27`: pre-trainings in which one run shows the claimed order."""
    return "{} of {}".format(*found.showing)


def _cell(centre: str, half: str, interval: Interval, pairs: int) -> Cell:
    if not isfinite(interval.half):
        return Cell(f"{centre} (no interval)", interval.centre, n=pairs)
    return Cell(f"{centre} ± {half}", interval.centre, interval.low, interval.high, pairs)


def without_empty(table: Table) -> Table:
    """Without columns in which no row has anything."""
    kept = [
        at for at in range(len(table.columns)) if any(row[at].text not in (NONE, "") for row in table.rows)
    ]
    rows = [[row[at] for at in kept] for row in table.rows]
    keys = sum(at < table.keys for at in kept)
    return replace(table, columns=[table.columns[at] for at in kept], rows=rows, keys=keys)
