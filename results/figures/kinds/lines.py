"""Rows of a table as lines over a number, such as the weight of a loss: reported and measured."""

from __future__ import annotations

from typing import Any

from results.figures.kinds.written import FigureText, listed, shown
from results.figures.model import Sheet, Source
from results.figures.parts.style import BLACK, BLUE, GREY, ORANGE, SKY, canvas, numbered, spread, write_lines
from results.figures.parts.tabled import seeds_of

LOOKS = ((BLUE, "-o"), (ORANGE, "--s"), (BLACK, ":^"), (GREY, "-.D"), (SKY, "-v"))
Rows = list[dict[str, Any]]


def data(text: FigureText, source: Source) -> Sheet:
    made, _ = shown(text, source)
    made.notes += text.notes
    return made


def draw(text: FigureText, made: Sheet) -> Any:
    figure = canvas(made, 9.5, 3.6)
    left, right = figure.subplots(1, 2)
    rows = listed(text, made)
    for axes in (left, right) if text.log else ():
        _grow_tenfold(axes, sorted({row[text.x] for row in rows}))
    _reported(left, text, rows, made.data["reported_on"])
    points = [row["measured"] for row in rows if row["measured"]]
    if points:
        _measured(right, text, rows)
        right.set_title(f"measured, {seeds_of(points)}")
        right.set_xlabel(f"{text.xlabel or text.x}\n{made.data['measured_on']}", fontsize=8)
    else:
        write_lines(right, ["not measured yet:", *made.fills[:2], *made.fills[3:]])
    return figure


def _grow_tenfold(axes: Any, xs: list[float]) -> None:
    """A mark at each x; 0, which has no logarithm, stands left of the smallest of the others."""
    axes.set_xscale("symlog", linthresh=min((x for x in xs if x > 0), default=1.0), linscale=0.5)
    axes.set_xticks(xs, [f"{x:g}" for x in xs])
    axes.minorticks_off()


def _series(text: FigureText, rows: Rows) -> dict[str, Rows]:
    """Rows by series, each in the order of x; one series without a name where there is none."""
    found: dict[str, Rows] = {}
    for row in sorted(rows, key=lambda row: row[text.x]):
        found.setdefault(row["group"].get(text.series, ""), []).append(row)
    return found


def _reported(axes: Any, text: FigureText, rows: Rows, dataset: str) -> None:
    stated = [row for row in rows if row["reported"] and None not in row["reported"].values()]
    lines = _series(text, stated)
    for (colour, style), (name, group) in zip(_looks(text, rows), lines.items(), strict=False):
        axes.plot([row[text.x] for row in group], [row["reported"]["low"] for row in group], style,
                  color=colour, label=text.legend.get(name, name) or None)  # fmt: skip
    axes.set_title(f"reported on {dataset}" if dataset else "reported")
    axes.set_xlabel(text.xlabel or text.x)
    _dress(axes, bool(text.series and stated))
    if not stated:
        axes.text(0.5, 0.5, "no number is given", transform=axes.transAxes, ha="center", color="#444444")


def _measured(axes: Any, text: FigureText, rows: Rows) -> None:
    found = [row for row in rows if row["measured"]]
    lines = _series(text, found)
    for (colour, style), (name, group) in zip(_looks(text, rows), lines.items(), strict=False):
        points = [row["measured"] for row in group]
        drawn = axes.errorbar([row[text.x] for row in group], [each["value"] for each in points],
                              yerr=spread(points), fmt=style, color=colour, capsize=2.5, elinewidth=1,
                              label=text.legend.get(name, name) or None)  # fmt: skip
        drawn[0].set_gid(f"measured-{name or 'line'}")
    numbered(axes, [(row[text.x], row["measured"]) for row in found])
    _dress(axes, bool(text.series))


def _looks(text: FigureText, rows: Rows) -> list[tuple[str, str]]:
    return [LOOKS[number % len(LOOKS)] for number in range(len(_series(text, rows)))]


def _dress(axes: Any, legend: bool) -> None:
    axes.set_ylabel("top-1, %")
    axes.grid(alpha=0.3)
    axes.margins(x=0.1, y=0.2)
    if legend:
        axes.legend()
