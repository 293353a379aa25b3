"""What the papers leave open, as data: each question, its interpretations, the default and why. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml


@dataclass(frozen=True)
class Ambiguity:
    """An open question of a paper.

    paper: the method it belongs to. equation: the one it touches, or "". setting: what chooses, or "" where
    only one is built. interpretations: value of the setting: its meaning. default: one of the values.
    """

    name: str
    paper: str
    equation: str
    question: str
    setting: str
    interpretations: dict[str, str]
    default: str
    why: str


@cache
def ambiguities() -> tuple[Ambiguity, ...]:
    """Every entry of results/paper/ambiguities.yaml."""
    text = resources.files("results").joinpath("paper/ambiguities.yaml").read_text(encoding="utf-8")
    return tuple(Ambiguity(**entry) for entry in yaml.safe_load(text))
