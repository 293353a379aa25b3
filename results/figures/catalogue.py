"""Which figures there are."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backbones.base.errors import UsageError, suggestion
from results.figures.model import Sheet, Source
from results.figures.parts.style import FORMATS, save, styled


@dataclass(frozen=True)
class Entry:
    """target: the module that has `data(source) -> Sheet` and `draw(sheet) -> Figure`."""

    target: str
    shows: str


FIGURES = {
    "networks": Entry("results.figures.networks", "parameters of both streams against top-1 (Figure 4)"),
    "teachers": Entry("results.figures.teachers", "which stream teaches, at which layers (Figure 5)"),
    "fusion": Entry("results.figures.fusion", "fusion rules on the same streams (Figure 6)"),
    "loss-weights": Entry("results.figures.loss_weights", "weights of the distillation losses (Figure 7)"),
    "curves": Entry("results.figures.curves", "loss terms and accuracy over training"),
    "confusion": Entry("results.figures.confusion", "which classes are confused"),
    "dominance": Entry(
        "results.figures.dominance", "m_l against m_g of each video, by which stream is right"
    ),
    "per-class": Entry("results.figures.per_class", "gains of both streams, class by class"),
}


def check_figure(name: str) -> None:
    if name not in FIGURES:
        known = list(FIGURES)
        raise UsageError(f"no figure '{name}'{suggestion(name, known) or ';'} there are {', '.join(known)}")


def check_format(shape: str) -> None:
    if shape not in FORMATS:
        known = list(FORMATS)
        raise UsageError(f"no format '{shape}'{suggestion(shape, known) or ';'} there are {', '.join(known)}")


def sheet(name: str, source: Source) -> Sheet:
    """The figure as data. A `UserError` names what would fill it where there is nothing to show."""
    check_figure(name)
    return importlib.import_module(FIGURES[name].target).data(source)


@contextmanager
def drawn(made: Sheet) -> Iterator[Any]:
    """The figure as matplotlib's, in the style that it must be saved in."""
    with styled():
        yield importlib.import_module(FIGURES[made.name].target).draw(made)


def write(made: Sheet, path: Path, shape: str) -> None:
    with drawn(made) as figure:
        save(figure, path, shape)
