"""Cost of both streams against top-1: the full networks' beside reported numbers, as run beside measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.record.schema import StreamCost
from results.claims.side import Side
from results.costs import cost
from results.figures.kinds.written import FigureText, listed, shown
from results.figures.model import Sheet, Source
from results.figures.parts.labels import label
from results.figures.parts.marks import with_intervals
from results.figures.parts.panels import panels
from results.figures.parts.style import BLACK, BLUE, GREEN, GREY, ORANGE
from results.figures.parts.tabled import pretrainings_of

MARKERS = ("o", "D", "v", "P", "X", "*", "s", "^")
COLOURS = (BLUE, ORANGE, GREY, GREEN, BLACK)
UNITS = {"parameters_m": "parameters", "gmacs": "10⁹ multiply-adds of a view"}
Look = Callable[[dict[str, Any]], dict[str, Any]]


def data(text: FigureText, source: Source) -> Sheet:
    made, rows = shown(text, source)
    records = {record.id: record for record in source.loaded.records}
    for row in rows:
        row["full_m"] = cost(Side.parse(f"network:{row['group'][text.network]} @ {text.cost}"))
        row["run_m"] = None
        if row["measured"]:
            costs = records[row["measured"]["runs"][0]].cost.run.values()
            row["run_m"] = sum(_of_run(each, text.cost) for each in costs)
    empty = [row["label"] for row in rows if not row["measured"]]
    if len(empty) < len(rows):
        made.notes += [f"not run: {', '.join(empty)}"] * bool(empty)
    made.notes += text.notes
    return made


def _of_run(cost: StreamCost, what: str) -> float:
    return cost.parameters / 1e6 if what == "parameters_m" else cost.macs / 1e9


def draw(text: FigureText, made: Sheet) -> Any:
    pairs, look = listed(text, made), _looks(text, listed(text, made))
    measured = [pair for pair in pairs if pair["measured"]]
    figure, (left, *others) = panels(made, 10.5, 3.8, bool(measured), (1, 1.25))
    _reported(left, text, pairs, made.data["reported_on"], look)
    for right in others:
        told_apart = _told_apart(pairs, look)
        _measured(right, text, measured, made.data["measured_on"], look, told_apart)
        _named(right, measured, told_apart)
    return figure


def _told_apart(pairs: list[dict[str, Any]], look: Look) -> bool:
    """Whether the left panel names every pair, each with a mark of its own, so that a mark is its name."""
    marks = {(made["marker"], made["color"]) for made in map(look, pairs)}
    return len(marks) == len(pairs) and all(pair["full_m"] is not None for pair in pairs)


def _looks(text: FigureText, pairs: list[dict[str, Any]]) -> Look:
    """A marker and a colour for each of the values that the rows have, in their order."""
    markers = list(dict.fromkeys(pair["group"].get(text.marker) for pair in pairs))
    colours = list(dict.fromkeys(pair["group"].get(text.colour) for pair in pairs))

    def look(pair: dict[str, Any]) -> dict[str, Any]:
        marker = markers.index(pair["group"].get(text.marker))
        colour = colours.index(pair["group"].get(text.colour))
        return {
            "marker": MARKERS[marker % len(MARKERS)],
            "color": COLOURS[colour % len(COLOURS)],
            "markeredgecolor": BLACK,
            "markersize": 8,
        }

    return look


def _reported(axes: Any, text: FigureText, pairs: list[dict[str, Any]], dataset: str, look: Look) -> None:
    """A row for each pair at its parameters, with the accuracy where the paper states it."""
    for at, pair in enumerate(pairs):
        if pair["full_m"] is None:
            continue
        axes.plot(pair["full_m"], at, linestyle="", **look(pair))
        stated = f"{pair['reported']['low']:g} %" if pair["reported"] else "not stated"
        axes.annotate(stated, (pair["full_m"], at), (9, 0), textcoords="offset points", va="center",
                      fontsize=8, weight="bold" if pair["reported"] else "normal")  # fmt: skip
    axes.set_yticks(range(len(pairs)), [pair["label"] for pair in pairs])
    axes.set_ylim(len(pairs) - 0.5, -0.5)
    axes.set_title(f"reported on {dataset}")
    axes.set_xlabel(f"{_axis(text, 'of both full networks')}\ntop-1 next to each marker")
    axes.grid(alpha=0.3)
    axes.margins(x=0.3)


def _axis(text: FigureText, of: str) -> str:
    return f"{UNITS[text.cost]} {of}" + ", millions" * (text.cost == "parameters_m")


def _measured(
    axes: Any, text: FigureText, pairs: list[dict[str, Any]], place: str, look: Look, told_apart: bool
) -> None:
    place = place.rpartition(",")[0]  # its networks are this figure's points
    points = [pair["measured"] for pair in pairs]
    for pair in pairs:
        with_intervals(axes, [pair["run_m"]], [pair["measured"]], **(look(pair) | {"zorder": 3}))
    axes.set_title(f"measured, {pretrainings_of(points)}")
    key = ", marks as on the left" * told_apart
    axes.set_xlabel(f"{_axis(text, 'of both networks as run')}{key}\n{place}", fontsize=8)
    axes.set_ylabel("top-1, %, 95 % interval")
    axes.margins(x=0.25, y=0.15)
    axes.grid(alpha=0.3)


def _named(axes: Any, pairs: list[dict[str, Any]], told_apart: bool) -> None:
    """What a mark is, where its twin on the left does not say so; its number of runs where these differ."""
    differ = len({pair["measured"]["n"] for pair in pairs}) > 1
    found = []
    for pair in pairs:
        words = [pair["label"]] * (not told_apart) + [f"n={pair['measured']['n']}"] * differ
        if words:
            found.append((pair["run_m"], pair["measured"]["value"], ", ".join(words)))
    label(axes, found)
