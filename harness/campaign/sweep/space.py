"""A space of settings, from a YAML file that is read strictly. No torch.

train.lr: {float: [0.001, 0.1], log: true}
train.warmup_steps: {int: [0, 100]}
method.temperature: {choice: [1, 2, 4]}
arms:                                     # of one arm alone, as it is given to --method
  mbd: {method.kl_weight: {float: [0.1, 10], log: true}}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator

from backbones.base.errors import UsageError, error_line
from harness.campaign.sweep.grid import check_key
from harness.config.difference import as_yaml
from harness.config.schema import Strict
from harness.config.typed.validation_messages import first_error
from harness.files import parse_yaml, read_regular

ARMS = "arms"
DIGITS = 4  # of a drawn number: more would make no better setting, and longer commands


class Dimension(Strict):
    """What a setting may be: `float` or `int` between two ends, both included, or one of `choice`.

    log: drawn evenly over orders of magnitude.
    """

    real: tuple[float, float] | None = Field(default=None, alias="float")
    whole: tuple[int, int] | None = Field(default=None, alias="int")
    choice: tuple[Any, ...] | None = None
    log: bool = False

    @model_validator(mode="after")
    def _one_kind(self) -> Dimension:
        if sum(each is not None for each in (self.real, self.whole, self.choice)) != 1:
            raise ValueError("expected one of float: [low, high], int: [low, high], choice: [value, …]")
        if self.choice is not None:
            return self._choice(self.choice)
        low, high = self.ends
        if low >= high:
            raise ValueError(f"[{low:g}, {high:g}]: expected [low, high], low below high")
        if self.log and low <= 0:
            raise ValueError(f"[{low:g}, {high:g}] with log: expected numbers above 0")
        return self

    def _choice(self, values: tuple[Any, ...]) -> Dimension:
        shown = [as_yaml(value) for value in values]
        if len(set(shown)) < max(len(shown), 2) or any(isinstance(value, dict) for value in values):
            raise ValueError("choice: expected two or more values, each once")
        if self.log:
            raise ValueError("log is of float and int, not of choice")
        return self

    @property
    def ends(self) -> tuple[float, float]:
        ends = self.real or self.whole
        assert ends
        return ends

    def setting(self, drawn: Any) -> Any:
        """The value that the setting gets. drawn: a number, or the place of a choice."""
        if self.choice is not None:
            value = self.choice[drawn]
            return list(value) if isinstance(value, tuple) else value
        if self.whole:
            return int(drawn)
        low, high = self.ends
        return min(max(float(f"{drawn:.{DIGITS}g}"), low), high)

    def drawn(self, setting: Any) -> Any:
        """The inverse; a `ValueError` for what is not in it."""
        if self.choice is not None:
            return [as_yaml(value) for value in self.choice].index(as_yaml(setting))
        low, high = self.ends
        if isinstance(setting, bool) or not isinstance(setting, int | float) or not low <= setting <= high:
            raise ValueError(f"{setting} is not in [{low:g}, {high:g}]")
        return setting


@dataclass(frozen=True)
class Space:
    """What each arm's settings may be, by the arm's name."""

    of: Mapping[str, Mapping[str, Dimension]]

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            arm: {
                key: each.model_dump(mode="json", by_alias=True, exclude_defaults=True)
                for key, each in own.items()
            }
            for arm, own in self.of.items()
        }


def read_space(path: Path, arms: Sequence[str]) -> Space:
    """arms: as they were typed. A `UsageError` says in one line what is wrong with the file."""
    try:
        tree = parse_yaml(read_regular(path))
    except OSError as error:
        raise UsageError(f"--space {path}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"--space {path}: {error_line(error)}") from None
    if not isinstance(tree, dict) or not all(isinstance(key, str) for key in tree):
        raise UsageError(f"--space {path}: expected a mapping, such as train.lr: {{float: [0.001, 0.1]}}")
    own = tree.pop(ARMS, None) or {}
    if not isinstance(own, dict) or not all(isinstance(each, dict) for each in own.values()):
        raise UsageError(f"--space {path}: {ARMS}: expected a mapping of settings for each arm")
    if wrong := next((name for name in own if name not in arms), None):
        raise UsageError(f"--space {path}: {ARMS}: no --method '{wrong}' is given")
    found = {arm: _dimensions(path, {**tree, **own.get(arm, {})}) for arm in arms}
    if empty := next((arm for arm, dimensions in found.items() if not dimensions), None):
        raise UsageError(f"--space {path}: there is no setting for {empty}")
    return Space(found)


def _dimensions(path: Path, tree: Mapping[Any, Any]) -> dict[str, Dimension]:
    found = {}
    for key, says in tree.items():
        check_key(str(key), f"--space {path}")
        try:
            found[str(key)] = Dimension.model_validate(says)
        except ValidationError as error:
            first = first_error(error)
            where = f"{key}.{first.setting}" if first.setting else str(key)
            given = "" if isinstance(first.given, dict) else f"; got {first.given!r}"
            raise UsageError(f"--space {path}: {where}: {first.message}{given}") from None
    return found
