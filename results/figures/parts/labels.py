"""Labels beside points, each where it covers neither a point nor another label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from results.figures.parts.style import OVER

# Tried in this order: (points to the right, points up, alignment across, alignment upwards).
AROUND = (
    *((6, 0, "left", "center"), (-6, 0, "right", "center")),
    *((0, 6, "center", "bottom"), (0, -6, "center", "top")),
    *((6, 6, "left", "bottom"), (6, -6, "left", "top"), (-6, 6, "right", "bottom"), (-6, -6, "right", "top")),
    *((14, 12, "left", "bottom"), (14, -12, "left", "top")),
    *((-14, 12, "right", "bottom"), (-14, -12, "right", "top")),
)
MARK = 5  # pixels around a point that no label may cover


def label(axes: Any, points: Sequence[tuple[float, float, str]], size: float = 7.0) -> list[Any]:
    """Labels (x, y, words) in their order; one for which there is no free place takes the first.

    To be called when the axes have their limits and the figure its layout: places are in pixels.
    """
    from matplotlib.transforms import Bbox

    axes.figure.draw_without_rendering()
    renderer = axes.figure.canvas.get_renderer()
    at = [axes.transData.transform(point[:2]) for point in points]
    taken = [Bbox.from_extents(x - MARK, y - MARK, x + MARK, y + MARK) for x, y in at]
    inside, made = axes.get_window_extent(renderer), []
    for number, (x, y, words) in enumerate(points):
        text = axes.annotate(words, (x, y), (0, 0), textcoords="offset points", fontsize=size, bbox=OVER)
        others = taken[:number] + taken[number + 1 :]
        for place in AROUND:
            box = _moved(text, place, renderer)
            free = not any(box.overlaps(other) for other in others)
            if free and inside.x0 <= box.x0 and box.x1 <= inside.x1:
                break
        else:
            box = _moved(text, AROUND[0], renderer)
        taken.append(box)
        made.append(text)
    return made


def _moved(text: Any, place: tuple[float, float, str, str], renderer: Any) -> Any:
    """The label at the place, and the pixels that it covers there."""
    right, up, across, upwards = place
    text.set(position=(right, up), horizontalalignment=across, verticalalignment=upwards)
    return text.get_window_extent(renderer)
