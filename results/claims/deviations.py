"""Where the preset `paper` departs from the paper's text, as data. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml


@dataclass(frozen=True)
class Departure:
    """A point at which `--preset paper` is not the paper's text, or says more than it.

    where: section. text: what the paper says. here: what the preset does. setting, value: the run's key and
    what the preset gives it ("" where it is no setting). change: what does otherwise, or "".
    """

    name: str
    where: str
    text: str
    here: str
    setting: str
    value: Any
    why: str
    change: str


@cache
def departures() -> tuple[Departure, ...]:
    """Every entry of results/paper/departures.yaml."""
    text = resources.files("results").joinpath("paper/departures.yaml").read_text(encoding="utf-8")
    return tuple(Departure(**entry) for entry in yaml.safe_load(text))
