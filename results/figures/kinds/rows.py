"""Rows of a table under each other: reported, measured, and differences to the table's baseline."""

from __future__ import annotations

from typing import Any

from results.figures.kinds.written import FigureText, listed, shown
from results.figures.model import Sheet, Source
from results.figures.parts.marks import ONE, numbered, with_intervals
from results.figures.parts.panels import panels
from results.figures.parts.style import BLACK, SHADE
from results.figures.parts.tabled import pretrainings_of

Rows = list[dict[str, Any]]


def data(text: FigureText, source: Source) -> Sheet:
    made, _ = shown(text, source)
    made.notes += text.notes
    return made


def draw(text: FigureText, made: Sheet) -> Any:
    rows = listed(text, made)
    measured = any(row["measured"] for row in rows)
    height = max(1.9, 0.6 + 0.33 * len(rows))
    differ = any(row["to_first"] for row in rows)
    figure, (left, *others) = panels(
        made, 10.5 if differ else 8.5, height, measured, (1,) * (2 + differ), True
    )
    _reported(left, rows, made.data["reported_on"])
    if others:
        _measured(others[0], rows, made.data["measured_on"])
    if others[1:]:
        _gaps(others[1], rows, made.data.get("difference_to", rows[0]["label"]))
    left.set_yticks(range(len(rows)), [row["label"] for row in rows])
    left.set_ylim(len(rows) - 0.4, -0.6)
    for axes in (left, *others):
        _frame(axes, [at for at, row in enumerate(rows) if row["label"] == text.highlight])
    return figure


def _frame(axes: Any, highlighted: list[int]) -> None:
    for at in highlighted:
        axes.axhspan(at - 0.5, at + 0.5, color=SHADE, linewidth=0, zorder=0)
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)


def _reported(axes: Any, rows: Rows, dataset: str) -> None:
    """What the paper states: a number as a diamond; a range of rows under each other as one area."""
    found = [(at, row["reported"]) for at, row in enumerate(rows) if row["reported"]]
    for first, last, low, high in _ranges(found):
        axes.fill_betweenx([first - 0.35, last + 0.35], low, high, color=BLACK, alpha=0.2, linewidth=0)
        whose = f"range of\nthese {last - first + 1} rows" if last > first else "range"
        axes.text((low + high) / 2, (first + last) / 2, f"{low:g} to {high:g}\n{whose}",
                  ha="center", va="center", fontsize=8)  # fmt: skip
    for at, stated in found:
        if stated["low"] == stated["high"]:
            axes.plot(stated["low"], at, "D", color=BLACK, markersize=6)
            axes.annotate(f"{stated['low']:g}", (stated["low"], at), (-8, 0), textcoords="offset points",
                          ha="right", va="center", fontsize=8)  # fmt: skip
    axes.set_title(f"reported on {dataset}")
    axes.set_xlabel("top-1, %")
    axes.margins(x=0.2)  # the smallest number stands left of its diamond


def _ranges(found: list[tuple[int, dict[str, Any]]]) -> list[tuple[int, int, float, float]]:
    """(first row, last row, low, high) of each range that rows under each other share."""
    made: list[tuple[int, int, float, float]] = []
    for at, stated in found:
        low, high = stated["low"], stated["high"]
        if low == high or None in (low, high):
            continue
        if made and made[-1][1:] == (at - 1, low, high):
            made[-1] = (made[-1][0], at, low, high)
        else:
            made.append((at, at, low, high))
    return made


def _measured(axes: Any, rows: Rows, place: str) -> None:
    found = [(at, row) for at, row in enumerate(rows) if row["measured"]]
    for at, row in found:
        drawn = with_intervals(axes, [at], [row["measured"]], lying=True, **ONE)
        drawn[0].set_gid(f"measured-{row['label']}")
    points = [row["measured"] for _, row in found]
    numbered(axes, [(at, row["measured"]) for at, row in found], lying=True)
    axes.set_title(f"measured, {pretrainings_of(points)}")
    axes.set_xlabel(f"top-1, %, 95 % interval\n{place}", fontsize=8)
    axes.margins(x=0.12)


def _gaps(axes: Any, rows: Rows, base: str) -> None:
    """Differences to the row `base`: what separates rows that share their videos."""
    found = [(at, row["to_first"]) for at, row in enumerate(rows) if row["to_first"]]
    axes.axvline(0, color=BLACK, linewidth=0.8)
    with_intervals(axes, [at for at, _ in found], [gap for _, gap in found], lying=True, **ONE)
    axes.set_title(f"difference to {base}")
    axes.set_xlabel("percentage points of top-1, paired", fontsize=8)
    axes.margins(x=0.15)
