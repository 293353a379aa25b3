"""What a claim is about: a configuration to run, networks to count, or somebody else's published result."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

PAPER_PRESET = "paper"
PREFIXES = ("network", "cited", "scope")
NETWORK = re.compile(r"(?P<name>[\w:*]+)@(?P<frames>\d+)x(?P<size>\d+)")


@dataclass(frozen=True)
class Network:
    """A full-width network at an input of frames x size x size pixels."""

    name: str
    frames: int
    size: int


@dataclass(frozen=True)
class Side:
    """One side of a claim.

    kind: "run" (name: the method; pairs: what differs from the paper preset, as `--set` takes it), "network"
    (name: `backbone@FRAMESxSIZE`, or two joined by +), "cited" (another method's published number) or "scope"
    (what this harness does not do). metric: see `results.claims.claims.Claim`.
    """

    kind: str
    name: str
    pairs: tuple[tuple[str, str], ...]
    metric: str
    preset: str = PAPER_PRESET

    @classmethod
    def parse(cls, text: str, preset: str = PAPER_PRESET) -> Side:
        """From "mbd method.final=false @ average.top1"."""
        setting, at, metric = text.rpartition(" @ ")
        if not at:
            raise ValueError(f"'{text}' has no ' @ metric'")
        head, *words = setting.split()
        kind, colon, name = head.partition(":")
        if not colon:
            kind, name = "run", head
        elif kind not in PREFIXES:
            raise ValueError(f"'{head}' begins with none of {', '.join(PREFIXES)}")
        pairs = tuple(_pair(word) for word in words)
        side = cls(kind, name, pairs, metric, preset)
        if kind == "network":
            side.networks()
        return side

    def networks(self) -> tuple[Network, ...]:
        found = []
        for part in self.name.split("+"):
            match = NETWORK.fullmatch(part)
            if not match:
                raise ValueError(f"'{part}' is not backbone@FRAMESxSIZE")
            found.append(Network(match["name"], int(match["frames"]), int(match["size"])))
        return tuple(found)

    @property
    def output(self) -> str:
        """The stream or fusion rule of "<output>.top1"."""
        return self.metric.partition(".")[0]

    @property
    def is_grid(self) -> bool:
        """Whether it stands for several settings ("method.kl_weight=*")."""
        return any(value == "*" for _, value in self.pairs)

    def tree(self) -> dict[str, Any]:
        """{"method.final": False}: the values as the configuration has them."""
        return {key: _value(value) for key, value in self.pairs}

    def __str__(self) -> str:
        words = " ".join(
            (self.name, *(f"{key.removeprefix('method.')}={value}" for key, value in self.pairs))
        )
        return f"{words} {self.metric}"


@cache  # tables ask of each record whether it is of a side
def _value(text: str) -> Any:
    return text if text == "*" else yaml.safe_load(text)


def _pair(word: str) -> tuple[str, str]:
    key, equals, value = word.partition("=")
    if not (key and equals and value):
        raise ValueError(f"'{word}' is not key=value")
    return key, value
