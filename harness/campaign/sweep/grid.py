"""A grid: every combination of the values given for each setting. No torch."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from backbones.base.errors import UsageError
from harness.campaign.sweep.trial import Trial
from harness.config.difference import as_yaml
from harness.config.typed.full_names import full_key
from harness.config.typed.set_value import read_value

MOST_TRIALS = 10_000
# What makes values incomparable: other videos to judge by, or another draw of the same.
FIXED = ("seed", "preset", "precision", "test.part", "method.name", "method")


@dataclass(frozen=True)
class Axis:
    """A setting and the values that it is given, in order. arm: its name, "" for every arm."""

    key: str
    values: tuple[Any, ...]
    arm: str = ""


def check_key(key: str, source: str) -> None:
    """A `UsageError` for a setting that cannot be chosen this way. source: how it was given."""
    full = full_key(key)
    of_the_clips = full.partition(".")[0] in ("data", "pretraining") and full != "data.flip"
    if full in FIXED or of_the_clips:
        raise UsageError(
            f"{source}: '{key}' cannot be chosen by a sweep: all its trials have the same videos, seed and "
            "pre-training; give it with --set, or make a sweep for each of its values"
        )


def axis(text: str, arms: Iterable[str] = ()) -> Axis:
    """From "train.lr=0.003,0.01", or "mbd:method.temperature=1,4" for one of the arms, as they were typed.

    Values are read as YAML, so that a list can be one: "local.short_side=[72,80],[96,100]".
    A `UsageError` where it is not such a text, names an unknown setting or arm, or gives a value twice.
    """
    arm = max((name for name in arms if text.startswith(f"{name}:")), key=len, default="")
    key, equals, given = text[len(arm) + 1 if arm else 0 :].partition("=")
    key = key.strip()
    if not equals or not key or not given.strip():
        raise UsageError(f"--grid {text}: expected KEY=VALUE,VALUE, for example train.lr=0.003,0.01")
    if ":" in key:
        raise UsageError(f"--grid {text}: no --method '{key.partition(':')[0]}' is given")
    check_key(key, f"--grid {text}")
    values = read_value(f"{key}={given}", f"[{given}]")
    shown = [as_yaml(value) for value in values]
    if again := next((each for each in shown if shown.count(each) > 1), ""):
        raise UsageError(f"--grid {text}: {again} is given twice")
    return Axis(key, tuple(values), arm)


class Grid:
    """Of each arm its axes and those for every arm; the last axis varies first.

    A `UsageError` where the arms would not have equally many trials.
    """

    how = "grid"

    def __init__(self, axes: Sequence[Axis], arms: Sequence[str]) -> None:
        self.axes = {arm: [each for each in axes if each.arm in ("", arm)] for arm in arms}
        for arm, own in self.axes.items():
            keys = [full_key(each.key) for each in own]
            if again := next((key for key in keys if keys.count(key) > 1), ""):
                raise UsageError(f"--grid: '{again}' has two axes for {arm}; give all its values in one")
        counts = {arm: math.prod(len(each.values) for each in own) for arm, own in self.axes.items()}
        if len(set(counts.values())) > 1:
            said = " and ".join(f"{arm} {count}" for arm, count in counts.items())
            raise UsageError(
                f"trials per arm: {said}; every arm gets as many, since one that was tuned less is no "
                "baseline: give the others an axis of their own, --grid ARM:KEY=VALUE,VALUE"
            )
        self.trials = next(iter(counts.values()))
        if self.trials > MOST_TRIALS:
            raise UsageError(f"--grid: {self.trials} trials; at most {MOST_TRIALS}")

    def rounds(self) -> list[range]:
        """All at once: no trial depends on another."""
        return [range(1, self.trials + 1)]

    def propose(self, arm: str, number: int, earlier: Sequence[Trial]) -> dict[str, Any]:
        """The settings of trial `number`."""
        own = self.axes[arm]
        combinations = itertools.product(*(each.values for each in own))
        values = next(itertools.islice(combinations, number - 1, None))
        return {each.key: value for each, value in zip(own, values, strict=True)}

    def plain(self) -> dict[str, Any]:
        """What it is, as JSON has it."""
        return {arm: {each.key: list(each.values) for each in own} for arm, own in self.axes.items()}
