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
    """What the paper states: a number as a diamond, a range as a bar from end to end."""
    found = [(at, row["reported"]) for at, row in enumerate(rows) if row["reported"]]
    for at, stated in found:
        axes.plot([stated["low"], stated["high"]], [at, at], "-", color=BLACK, linewidth=4, alpha=0.45,
                  solid_capstyle="butt")  # fmt: skip
        if stated["low"] == stated["high"]:
            axes.plot(stated["low"], at, "D", color=BLACK, markersize=6)
            axes.annotate(f"{stated['low']:g}", (stated["low"], at), (-8, 0), textcoords="offset points",
                          ha="right", va="center", fontsize=8)  # fmt: skip
    ranges = any(stated["low"] != stated["high"] for _, stated in found)
    axes.set_title(f"reported on {dataset}")
    axes.set_xlabel("top-1, %" + "  (◆ number, ▬ range)" * ranges)
    axes.margins(x=0.2)  # the smallest number stands left of its diamond


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
