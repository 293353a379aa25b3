"""What the papers leave open, as data: each question, its interpretations, the default and why. No torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib import resources

import yaml

# What runs another interpretation of a paper's method, before `--set`.
COMMANDS = {
    "mbd": "harness run --method mbd --backbone r2plus1d50",
    "vtn": "harness run --method mbd --backbone r2plus1d50",
    "stddcn": "harness run --method stddcn",
    "genkd": "harness run --method genkd --preset genkd-tiny --weights-local TEACHER",
}


@dataclass(frozen=True)
class Ambiguity:
    """An open question of a paper.

    paper: the method it belongs to. equation: the one it touches, or "". setting: what chooses, or "" where
    only one is built. interpretations: value of the setting: its meaning. default: one of the values.
    tries: {name: "key=value key=value"} of what else there is to run, where the values do not say it.
    command: what runs it, before `--set`, where it is not `COMMANDS`'.
    """

    name: str
    paper: str
    equation: str
    question: str
    setting: str
    interpretations: dict[str, str]
    default: str
    why: str
    tries: dict[str, str] = field(default_factory=dict)
    command: str = ""

    def settings(self) -> dict[str, str]:
        """{name of another interpretation: "method.reading=R2"}; none where only one is built."""
        if self.tries or not self.setting:
            return self.tries
        return {v: f"{self.setting}={v}" for v in self.interpretations if v != self.default}

    def commands(self) -> dict[str, str]:
        """{name of another interpretation: the command that runs it}."""
        before = self.command or COMMANDS.get(self.paper, "")
        return {
            name: " ".join([before, *(f"--set {pair}" for pair in pairs.split())])
            for name, pairs in self.settings().items()
        }


@cache
def ambiguities() -> tuple[Ambiguity, ...]:
    """Every entry of results/paper/ambiguities.yaml."""
    text = resources.files("results").joinpath("paper/ambiguities.yaml").read_text(encoding="utf-8")
    return tuple(Ambiguity(**entry) for entry in yaml.safe_load(text))
