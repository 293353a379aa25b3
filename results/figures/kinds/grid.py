"""A sweep over two settings as heat maps, one for each panel."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.student_t import t_quantile
from results.figures.kinds.written import FigureText, listed, shown
from results.figures.model import Sheet, Source
from results.figures.parts.style import canvas, readable_on

Points = list[dict[str, Any]]


def data(text: FigureText, source: Source) -> Sheet:
    """Cells of equally many seeds: a colour would compare one seed with a mean, or two unlike means."""
    made, rows = shown(text, source)
    counts = {row["measured"]["n"] for row in rows if row["measured"]}
    if len(counts) > 1:
        several = [row for row in rows if row["measured"] and row["measured"]["n"] == max(counts)]
        made, rows = shown(text, replace(source, seeds=min(counts)))
        made.notes.append(_on_fewer(text, min(counts), several))
    for each in rows:
        del each["to_first"]
    made.notes += text.notes
    return made


def _on_fewer(text: FigureText, seeds: int, several: Points) -> str:
    """That cells have more seeds than are shown, and how far seeds of one cell lie apart."""
    which = "seed 0" if seeds == 1 else f"seeds 0 to {seeds - 1}"
    found = [_titled(text, each["group"].get(text.panel, ""), f"{_spread(each):.1f}") for each in several]
    n = several[0]["measured"]["n"]
    return (
        f"every cell on {which}, which all have. To be read against the SD over "
        f"the {n} seeds of a cell that has more, in points: {'; '.join(found)}"
    )


def _spread(cell: dict[str, Any]) -> float:
    """The SD of seeds behind a mean's interval by Student's t."""
    measured = cell["measured"]
    return (measured["high"] - measured["value"]) * measured["n"] ** 0.5 / t_quantile(measured["n"] - 1)


def draw(text: FigureText, made: Sheet) -> Any:
    maps: dict[str, Points] = {}
    for each in listed(text, made):
        maps.setdefault(each["group"].get(text.panel, ""), []).append(each)
    found = any(each["measured"] for each in listed(text, made))
    given = (
        made if found else replace(made, notes=[*made.notes, *map("not measured yet: {}".format, made.fills)])
    )
    figure = canvas(given, 5.0 * len(maps) + 0.5, 4.2)
    panels = figure.subplots(1, len(maps), squeeze=False)[0]
    for axes, (name, points) in zip(panels, maps.items(), strict=True):
        _heat(axes, text, name, points)
    return figure


def _titled(text: FigureText, name: str, rest: str) -> str:
    return f"{text.word(name)}, {rest}" if name else rest


def _grid(text: FigureText, points: Points) -> tuple[list[float], list[float], Any]:
    """(x, y, top-1 (y, x)), not a number where nothing was measured."""
    import numpy as np

    xs, ys = (sorted({each[key] for each in points}) for key in (text.x, text.y))
    values = np.full((len(ys), len(xs)), np.nan)
    for each in points:
        if each["measured"]:
            values[ys.index(each[text.y]), xs.index(each[text.x])] = each["measured"]["value"]
    return xs, ys, values


def _heat(axes: Any, text: FigureText, name: str, points: Points) -> None:
    import numpy as np

    xs, ys, values = _grid(text, points)
    axes.set_facecolor("white")
    image = axes.imshow(values, origin="lower", cmap="cividis", aspect="auto")
    image.set_gid(f"measured-{name or 'grid'}")
    counts = {(each[text.x], each[text.y]): each["measured"] for each in points if each["measured"]}
    for row, y in enumerate(ys):
        for col, x in enumerate(xs):
            found = counts.get((x, y))
            said = f"{found['value']:.1f}\nn={found['n']}" if found else "not run"
            known = not np.isnan(values[row, col])
            colour = readable_on(image.to_rgba(values[row, col])) if known else "#777777"
            axes.text(col, row, said, ha="center", va="center", fontsize=7, color=colour)
    _label(axes, text, points, xs, ys)
    axes.set_title(_titled(text, name, "top-1 in %, measured"))
    if counts:
        axes.figure.colorbar(image, ax=axes, label="top-1, %", shrink=0.85)


def _label(axes: Any, text: FigureText, points: Points, xs: list[float], ys: list[float]) -> None:
    """Axes, and a frame around each cell of which the paper reports a number."""
    label = text.xlabel or text.x
    for each in points:
        if each["reported"]:
            axes.add_patch(_frame((xs.index(each[text.x]), ys.index(each[text.y]))))
            label = f"{text.xlabel or text.x}; framed: {text.framed}, {_number(each['reported'])} %"
    axes.set_xlabel(label)
    axes.set_xticks(range(len(xs)), [_tick(x) for x in xs])
    axes.set_yticks(range(len(ys)), [_tick(y) for y in ys])
    axes.set_ylabel(text.ylabel or text.y)


def _number(stated: dict[str, Any]) -> str:
    low, high = stated["low"], stated["high"]
    return f"< {high:g}" if low is None else f"> {low:g}" if high is None else f"{low:g}"


def _tick(value: float) -> str:
    """With a decimal, as weights between 0 and 1 are written; large ones without."""
    return f"{value:.1f}" if value < 10 and round(value, 1) == value else f"{value:g}"


def _frame(at: tuple[int, int]) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((at[0] - 0.48, at[1] - 0.48), 0.96, 0.96, fill=False, edgecolor="#D55E00", linewidth=2.5)
