"""What a figure is drawn from, and a figure as data: all that is shown, before anything is drawn."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.config.command import as_typed, given_sources
from results.records import Loaded
from results.tables.model import Cell, Table


@dataclass(frozen=True)
class Source:
    """Records and what was asked of them; None leaves a choice to the figure.

    folders: of runs, where the files of a record are looked for. methods: names that can be run.
    seeds: only seeds 0 … seeds-1. protocol: as tables name it. method, run: of figures of runs.
    """

    loaded: Loaded
    folders: tuple[Path, ...] = ()
    methods: tuple[str, ...] = ()
    dataset: str | None = None
    seeds: int | None = None
    protocol: str | None = None
    method: str | None = None
    run: str | None = None


@dataclass
class Sheet:
    """A figure as data. data: plain types, all that is drawn. notes: what stands under the figure.

    fills: commands that would fill what is missing.
    """

    name: str
    title: str
    data: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    fills: list[str] = field(default_factory=list)


def point(cell: Cell) -> dict[str, Any] | None:
    """A measured cell as {"value", "low", "high", "n", "runs"}; None for an empty one."""
    if cell.value is None:
        return None
    return {
        "value": cell.value,
        "low": cell.low,
        "high": cell.high,
        "n": cell.n,
        "runs": list(cell.runs),
    }


def column(table: Table, *words: str) -> int | None:
    """The first column whose heading has all the words."""
    found = (index for index, head in enumerate(table.columns) if all(word in head for word in words))
    return next(found, None)


def reported(text: str) -> dict[str, Any] | None:
    """ "83.5", "82.46 to 82.91" or "< 80.9" as {"low", "high"}, a bound with the other end None."""
    if not text:
        return None
    if text[0] in "<>":
        number = float(text[1:])
        return {"low": None, "high": number} if text[0] == "<" else {"low": number, "high": None}
    low, _, high = text.partition(" to ")
    return {"low": float(low), "high": float(high or low)}


def fills(cells: Sequence[Cell], table: str) -> list[str]:
    """The commands of empty cells, three at most, each once; beyond them the one that plans all."""
    texts = list(dict.fromkeys(cell.footnote for cell in cells if cell.footnote))
    command = shlex.join(["harness", "table", table, "--run", *given_sources(as_typed)])
    return texts[:3] + [f"{command}   (plans all {len(texts)})"] * (len(texts) > 3)
