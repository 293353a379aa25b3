"""Rows of a table as lying bars: reported, measured, and differences to the table's baseline."""

from __future__ import annotations

from typing import Any

from results.figures.kinds.written import FigureText, listed, shown
from results.figures.model import Sheet, Source
from results.figures.parts.style import BLACK, BLUE, ORANGE, canvas, spread, write_lines, zoomed
from results.figures.parts.tabled import seeds_of


def data(text: FigureText, source: Source) -> Sheet:
    made, _ = shown(text, source)
    made.notes += text.notes
    return made


def draw(text: FigureText, made: Sheet) -> Any:
    rules = listed(text, made)
    figure = canvas(made, 10.5, max(1.9, 0.6 + 0.33 * len(rules)))
    left, middle, right = figure.subplots(1, 3, sharey=True)
    _reported(left, rules, made.data["reported_on"])
    measured = [(at, rule) for at, rule in enumerate(rules) if rule["measured"]]
    if measured:
        _measured(middle, measured, made.data["measured_on"], text.highlight)
        _gaps(right, rules, made.data.get("difference_to", rules[0]["label"]))
    else:
        write_lines(middle, ["not measured yet:", *made.fills[:2]])
        right.set_axis_off()
    left.set_yticks(range(len(rules)), [rule["label"] for rule in rules])
    left.set_ylim(len(rules) - 0.4, -0.6)
    return figure


def _reported(axes: Any, rules: list[dict[str, Any]], dataset: str) -> None:
    """What the paper states: a number as a diamond, a range as a bar from end to end."""
    found = [(at, rule["reported"]) for at, rule in enumerate(rules) if rule["reported"]]
    for at, reported in found:
        axes.plot([reported["low"], reported["high"]], [at, at], "-", color=BLACK, linewidth=4, alpha=0.45,
                  solid_capstyle="butt")  # fmt: skip
        if reported["low"] == reported["high"]:
            axes.plot(reported["low"], at, "D", color=BLACK, markersize=6)
            axes.annotate(f"{reported['low']:g}", (reported["low"], at), (-8, 0), textcoords="offset points",
                          ha="right", va="center", fontsize=8)  # fmt: skip
    axes.set_title(f"reported on {dataset}")
    axes.set_xlabel("top-1, %  (◆ number, ▬ range)")
    axes.margins(x=0.2)  # the smallest number stands left of its diamond
    axes.grid(axis="x", alpha=0.3)


def _measured(axes: Any, measured: list[tuple[int, dict[str, Any]]], place: str, highlight: str) -> None:
    points = [rule["measured"] for _, rule in measured]
    ends = [
        (each["low"] if each["low"] is not None else each["value"], each["high"] or each["value"])
        for each in points
    ]
    low, high = zoomed([end[0] for end in ends], [end[1] for end in ends])
    bars = axes.barh(
        [at for at, _ in measured], [each["value"] for each in points], height=0.68, color="white",
        edgecolor=BLUE, hatch="///", xerr=spread(points), capsize=2.5, error_kw={"elinewidth": 1},
    )  # fmt: skip
    for bar, (_, rule) in zip(bars, measured, strict=True):
        bar.set_gid(f"measured-{rule['label']}")
        if rule["label"] == highlight:
            bar.set(edgecolor=ORANGE, hatch="xxx")
    axes.set_xlim(low, high)
    axes.set_title(f"measured, {seeds_of(points)}")
    axes.set_xlabel(f"top-1, %, 95 % interval (axis starts at {low:.1f})\n{place}", fontsize=8)
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)


def _gaps(axes: Any, rules: list[dict[str, Any]], base: str) -> None:
    """Differences to the row `base`: what separates rows that share their videos."""
    found = [(at, rule["to_first"]) for at, rule in enumerate(rules) if rule["to_first"]]
    axes.axvline(0, color=BLACK, linewidth=0.8)
    if found:
        points = [gap for _, gap in found]
        axes.errorbar([gap["value"] for gap in points], [at for at, _ in found], xerr=spread(points), fmt="o",
                      color=BLACK, markersize=4, capsize=2.5, elinewidth=1)  # fmt: skip
    axes.set_title(f"difference to {base}")
    axes.set_xlabel("percentage points of top-1, paired", fontsize=8)
    axes.margins(x=0.15)
    axes.grid(axis="x", alpha=0.3)
