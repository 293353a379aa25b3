"""Rows of a table in groups: each measured value as a mark with its interval, on an axis that may begin
anywhere, since no length is read from it.
"""

from __future__ import annotations

from typing import Any

from results.figures.kinds import grouped
from results.figures.kinds.written import FigureText
from results.figures.model import Sheet
from results.figures.parts.marks import with_intervals

data = grouped.data


def draw(text: FigureText, made: Sheet) -> Any:
    return grouped.draw(text, made, _one_series)


def _one_series(axes: Any, made: grouped.Groups, group: list[dict[str, Any]]) -> None:
    name = group[0][made.text.series]
    for number, row in enumerate(group):
        label = made.text.legend.get(name, name) if not number else None
        drawn = with_intervals(axes, [made.at(row)], [row["measured"]], label=label, **made.look(row))
        drawn[0].set_gid(f"measured-{row[made.text.x]}-{name}")
