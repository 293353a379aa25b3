"""What `harness run --seeds N` shows of all its runs, by the same statistics as tables. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING

from harness.console.columns import show
from harness.console.summary import rows

if TYPE_CHECKING:
    from rich.console import Console

    from harness.record.schema import Record


def show_seeds(console: Console, records: Sequence[Record]) -> None:
    """Prints the mean over seeds of the same run, with the interval that a table's cell has: of runs that
    start from pre-trained pairs over these, and never narrower than rounding to one video allows."""
    from results.statistics.starts import nested, start_of

    lines, pairs = [], 1
    for name in rows(records[0]):
        top1 = {start_of(record): rows(record)[name].top1 for record in records}
        values = {start: share.percent for start, share in top1.items()}
        step = 100 / max(max(share.of for share in top1.values()), 1)
        found = nested(values, step)
        pairs, over = found.pairs, found.over_pretrainings()
        half = f" ± {over.half:.1f}" if isfinite(over.half) else ""
        lines.append([name, f"{over.centre:.1f}{half}", "  ".join(f"{v:.1f}" for v in values.values())])
    show(console, _title(len(records), pairs), ("", "top-1 ↑", "each seed"), lines)


def _title(seeds: int, pairs: int) -> str:
    of = f"over {seeds} seeds" + f" of {pairs} pre-training{'s' * (pairs > 1)}" * (pairs < seeds)
    how = " ± 95 % interval of the mean (Student t)" if pairs > 1 else "; one pre-training: no interval"
    return f"Top-1 in % {of}, measured: mean{how}"
