"""Panels next to each other: what a paper reports, then what was measured, where anything was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from results.figures.model import Sheet
from results.figures.parts.style import canvas

ALONE = 6.2  # inches: the width of a panel that stands alone, its labels included


def panels(
    made: Sheet, width: float, height: float, measured: bool, ratios: Sequence[float], rows: bool = False
) -> tuple[Any, list[Any]]:
    """(the figure, its panels): one per ratio; a single one where nothing was measured.

    What would measure it then stands under the figure: an empty panel shows nothing. rows: the panels have
    the same rows.
    """
    if not measured:
        told = [f"not measured yet: {fill}" for fill in made.fills]
        figure = canvas(replace(made, notes=[*made.notes, *told]), ALONE, height)
        return figure, [figure.subplots()]
    figure = canvas(made, width, height)
    return figure, list(figure.subplots(1, len(ratios), width_ratios=ratios, sharey=rows))
