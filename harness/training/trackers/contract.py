"""What a tracker is: it opens a run of its own, takes numbers by step, and closes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

PROJECT = "mbd-harness"  # what trackers call a project or an experiment, where the user names none


@dataclass(frozen=True)
class About:
    """The run that is tracked. id: its own. folder: its own, in the folder of all runs. settings: of its
    configuration, by their full names ("train.lr"); numbers, words and truth values."""

    id: str
    folder: Path
    settings: Mapping[str, Any]


class Tracker(Protocol):
    """One tracker of one run. Whatever it raises ends the tracker and not the run."""

    def start(self, about: About, known: str | None, since: int | None) -> str:
        """Opens the tracker's run, or goes on with the one that it called `known`; what it calls it.

        since: the first training step of this session, None where there is none: what an earlier one wrote
        from there on is void.
        """

    def log(self, numbers: Mapping[str, float], step: int) -> None: ...

    def finish(self) -> None:
        """What was logged is in the tracker's store when this returns."""


def flat(tree: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """A configuration's settings by their full names; lists as text."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{before}{key}.")
        else:
            found[before + key] = value if isinstance(value, bool | int | float | str) else str(value)
    return found
