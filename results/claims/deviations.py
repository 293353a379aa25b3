"""Where the preset `paper` deviates from the paper's text, as data. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml


@dataclass(frozen=True)
class Deviation:
    """A point at which `--preset paper` differs from the paper's text, or goes beyond it.

    where: section. text: what the paper says. here: what the preset does. setting, value: the run's key and
    its value in the preset ("" where it is no setting). change: how to choose otherwise, or "".
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
def deviations() -> tuple[Deviation, ...]:
    """Every entry of results/paper/deviations.yaml."""
    text = resources.files("results").joinpath("paper/deviations.yaml").read_text(encoding="utf-8")
    return tuple(Deviation(**entry) for entry in yaml.safe_load(text))
