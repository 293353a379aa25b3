"""What a claim is about: a configuration to run, networks to count, or somebody else's published result."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

PAPER_PRESET = "paper"
PREFIXES = ("network", "cited", "scope")
MEAN = "average"  # what an ensemble's output is called, as the rule that does the same in one run
OF_MEANS = ("top1", "top5")
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

    kind: "run" (name: the method; pairs: what differs from the paper preset, as `--set` takes it), "ensemble"
    (the mean of the scores of several runs' outputs; members: those outputs), "network" (name:
    `backbone@FRAMESxSIZE`, or two joined by +), "cited" (another method's published number) or "scope" (what
    this harness does not do). metric: see `results.claims.claims.Claim`; of an ensemble "average.top1".
    """

    kind: str
    name: str
    pairs: tuple[tuple[str, str], ...]
    metric: str
    preset: str = PAPER_PRESET
    members: tuple[Side, ...] = ()

    @classmethod
    def parse(cls, text: str, preset: str = PAPER_PRESET) -> Side:
        """From "mbd method.final=false @ average.top1", or "[mbd @ local, two_stream @ global] @ top1".

        A `ValueError` where it is not of that form.
        """
        setting, at, metric = text.rpartition(" @ ")
        if not at:
            raise ValueError(f"'{text}' has no ' @ metric'")
        if text.startswith("["):
            return cls._ensemble(setting, metric, preset)
        head, *words = setting.split()
        kind, colon, name = head.partition(":")
        if not colon:
            kind, name = "run", head
        elif kind not in PREFIXES:
            raise ValueError(f"'{head}' begins with none of {', '.join(PREFIXES)}")
        pairs = tuple(pair_of(word) for word in words)
        side = cls(kind, name, pairs, metric, preset)
        if kind == "network":
            side.networks()
        return side

    @classmethod
    def _ensemble(cls, setting: str, metric: str, preset: str) -> Side:
        """pairs: the first member's stream settings, which stand for all where protocols are compared."""
        texts = setting.removeprefix("[").removesuffix("]").split(", ")
        if not setting.endswith("]") or len(texts) < 2:
            raise ValueError(f"'{setting}' is not '[method @ output, method @ output]' of two or more")
        what = metric.removeprefix(f"{MEAN}.")
        if what not in OF_MEANS:
            raise ValueError(f"'{setting}' is a mean of outputs: its metric is top1 or top5, not '{metric}'")
        members = tuple(_member(text.strip(), what, preset) for text in texts)
        pairs = tuple(pair for pair in members[0].pairs if not pair[0].startswith("method."))
        name = f"[{', '.join(f'{each.setting()} @ {each.output}' for each in members)}]"
        return cls("ensemble", name, pairs, f"{MEAN}.{what}", preset, members)

    @property
    def is_run(self) -> bool:
        """Whether runs decide it: one, or the several of an ensemble."""
        return self.kind in ("run", "ensemble")

    @property
    def parts(self) -> tuple[Side, ...]:
        """What it is made of: the members of an ensemble; any other side is its own only part."""
        return self.members or (self,)

    def networks(self) -> tuple[Network, ...]:
        """The networks that `name` joins by +; a `ValueError` where one is not `backbone@FRAMESxSIZE`."""
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

    def settings(self) -> tuple[str, ...]:
        """As `--set` takes them: ("method.final=false",)."""
        return tuple(f"{key}={value}" for key, value in self.pairs)

    def setting(self) -> str:
        """As claims and rows write it, without the output: `mbd method.final=false`."""
        return " ".join((self.name, *self.settings()))

    def __str__(self) -> str:
        if self.members:
            return f"{self.name} {self.metric}"
        words = " ".join(
            (self.name, *(f"{key.removeprefix('method.')}={value}" for key, value in self.pairs))
        )
        return f"{words} {self.metric}"


@cache  # tables ask of each record whether it is of a side
def _value(text: str) -> Any:
    return text if text == "*" else yaml.safe_load(text)


def _member(text: str, what: str, preset: str) -> Side:
    """ "mbd method.final=false @ local", an output of a run."""
    if " @ " not in text:
        raise ValueError(f"'{text}' names no output, as in 'two_stream @ global'")
    side = Side.parse(f"{text}.{what}", preset)
    if side.kind != "run" or "." in side.output or side.is_grid:
        raise ValueError(f"'{text}' is not one output of a run, as in 'two_stream @ global'")
    return side


def pair_of(word: str) -> tuple[str, str]:
    """ "method.final=false" as (key, value); a `ValueError` where it is none."""
    key, equals, value = word.partition("=")
    if not (key and equals and value):
        raise ValueError(f"'{word}' is not key=value")
    return key, value
