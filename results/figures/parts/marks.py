"""A colour and a mark for each meaning, the same in every figure; told apart in grey, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from results.figures.parts.style import BLACK, BLUE, GREEN, GREY, ORANGE, spread

Look = dict[str, Any]
# What a stream or both streams do is drawn alike wherever it appears; other names take what is left.
MEANINGS: dict[str, Look] = {
    "local": {"color": BLUE, "marker": "^"},
    "global": {"color": ORANGE, "marker": "s"},
    "dominant": {"color": BLACK, "marker": "o"},
}
OTHERS: tuple[Look, ...] = (
    {"color": BLACK, "marker": "o"},
    {"color": GREEN, "marker": "D"},
    {"color": GREY, "marker": "v"},
    {"color": BLUE, "marker": "P"},
    {"color": ORANGE, "marker": "X"},
)
ONE = OTHERS[0]
DASHES = {"local": "-", "global": "--", "dominant": "-"}
OTHER_DASHES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1)))


def looks(names: Sequence[str]) -> dict[str, Look]:
    """{name: colour and marker}: the fixed one of a meaning, else the next that no other name here has."""
    free = iter([look for look in OTHERS if look not in [MEANINGS.get(name) for name in names]])
    return {name: MEANINGS.get(name) or next(free, ONE) for name in names}


def dashes(names: Sequence[str]) -> dict[str, Any]:
    """{name: the line style beside its look}."""
    return {name: DASHES.get(name, OTHER_DASHES[at % len(OTHER_DASHES)]) for at, name in enumerate(names)}


def with_intervals(
    axes: Any, places: Sequence[float], points: Sequence[dict[str, Any]], lying: bool = False, **look: Any
) -> Any:
    """Each value as a mark with its interval. points: {"value", "low", "high"}. lying: values along x."""
    values = [point["value"] for point in points]
    across = {"xerr" if lying else "yerr": spread(points)}
    given = {"linestyle": "", "markersize": 6, "markeredgecolor": BLACK, "markeredgewidth": 0.6, **look}
    x, y = (values, places) if lying else (places, values)
    return axes.errorbar(x, y, capsize=2.5, elinewidth=1.1, ecolor=given["color"], **across, **given)


def numbered(axes: Any, points: Sequence[tuple[float, dict[str, Any]]], lying: bool = False) -> None:
    """n of each value along the edge, where seeds are not equally many. points: (place, measured)."""
    if len({point["n"] for _, point in points}) < 2:
        return
    for at, point in points:
        edge = axes.get_yaxis_transform() if lying else axes.get_xaxis_transform()
        place, shift = ((1, at), (-2, 0)) if lying else ((at, 0), (0, 3))
        align = {"ha": "right", "va": "center"} if lying else {"ha": "center", "va": "bottom"}
        axes.annotate(f"n={point['n']}", place, shift, xycoords=edge, textcoords="offset points", fontsize=7,
                      color="#555555", **align)  # fmt: skip
