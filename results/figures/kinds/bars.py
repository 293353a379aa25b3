"""Rows of a table as grouped bars, which begin at 0: the length of a bar is its value."""

from __future__ import annotations

from typing import Any

from results.figures.kinds import grouped
from results.figures.kinds.written import FigureText
from results.figures.model import Sheet
from results.figures.parts.style import spread

HATCHES = ("///", "...", "", "xxx", "\\\\\\", "++")
data = grouped.data


def draw(text: FigureText, made: Sheet) -> Any:
    return grouped.draw(text, made, _one_series)


def _one_series(axes: Any, made: grouped.Groups, group: list[dict[str, Any]]) -> None:
    values, name = [row["measured"] for row in group], group[0][made.text.series]
    hatch = HATCHES[made.series.index(name) % len(HATCHES)]
    drawn = axes.bar([made.at(row) for row in group], [each["value"] for each in values], made.width * 0.92,
                     yerr=spread(values), capsize=2.5, error_kw={"elinewidth": 1}, hatch=hatch,
                     facecolor="white" if hatch else made.look(group[0])["color"],
                     edgecolor=made.look(group[0])["color"],
                     label=made.text.legend.get(name, name))  # fmt: skip
    for one, row in zip(drawn, group, strict=True):
        one.set_gid(f"measured-{row[made.text.x]}-{name}")
    axes.set_ylim(bottom=0)
