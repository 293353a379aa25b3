"""A sweep over two settings as heat maps, one for each panel, and as surfaces where the paper draws them."""

from __future__ import annotations

from typing import Any

from results.figures.kinds.written import FigureText, listed, shown
from results.figures.model import Sheet, Source
from results.figures.parts.style import BLACK, canvas, readable_on, write_lines

Points = list[dict[str, Any]]


def data(text: FigureText, source: Source) -> Sheet:
    made, rows = shown(text, source)
    for each in rows:
        del each["to_first"]
    made.notes += text.notes
    return made


def draw(text: FigureText, made: Sheet) -> Any:
    panels: dict[str, Points] = {}
    for each in listed(text, made):
        panels.setdefault(each["group"].get(text.panel, ""), []).append(each)
    figure, columns = canvas(made, 9.0, 3.8 * len(panels)), 1 + text.surface
    for row, (name, points) in enumerate(panels.items()):
        flat = figure.add_subplot(len(panels), columns, columns * row + columns)
        _heat(flat, text, name, points)
        if not text.surface:
            continue
        at = len(panels), columns, columns * row + 1
        if sum(bool(each["measured"]) for each in points) >= 3:
            _surface(figure.add_subplot(*at, projection="3d"), text, name, points)
        else:
            lines = [f"{text.word(name)}: fewer than 3 of {len(points)} cells measured".removeprefix(": ")]
            lines += made.fills[:1] + made.fills[3:] if not row else []
            write_lines(figure.add_subplot(*at), lines)
    return figure


def _titled(text: FigureText, name: str, rest: str) -> str:
    return f"{text.word(name)}, {rest}" if name else rest


def _grid(text: FigureText, points: Points) -> tuple[list[float], list[float], Any]:
    """(x, y, top-1 (y, x)); not a number where nothing was measured, or one seed where
    other cells have several: a single seed is not compared with means, by a colour neither.
    """
    import numpy as np

    xs, ys = (sorted({each[key] for each in points}) for key in (text.x, text.y))
    values = np.full((len(ys), len(xs)), np.nan)
    several = any(each["measured"] and each["measured"]["n"] > 1 for each in points)
    for each in points:
        if each["measured"] and not (several and each["measured"]["n"] == 1):
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


def _surface(axes: Any, text: FigureText, name: str, points: Points) -> None:
    import numpy as np

    xs, ys, values = _grid(text, points)
    x, y = np.meshgrid(xs, ys)
    if not np.isnan(values).all():
        axes.plot_surface(x, y, values, cmap="cividis", alpha=0.75, edgecolor=BLACK, linewidth=0.3)
    known = ~np.isnan(values)
    axes.scatter(x[known], y[known], values[known], color=BLACK, s=10, depthshade=False)
    axes.set_xlabel((text.xlabel or text.x).partition(" (")[0])
    axes.set_ylabel((text.ylabel or text.y).partition(" (")[0])
    axes.set_zlabel("top-1, %", labelpad=9)
    axes.tick_params(axis="z", pad=5)
    axes.view_init(elev=25, azim=-55)
    axes.set_title(_titled(text, name, "measured"))
    axes.set_box_aspect(None, zoom=0.8)
