"""How long a training step of each method takes, relative to two_stream: committed measurements. No torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class StepTime:
    """ratio: median over pairs of neighbouring steps; low, high: its quartiles."""

    ratio: float
    low: float
    high: float


@cache
def step_times() -> dict[str, StepTime]:
    """By method, of results/measured/steps.json (`scripts/bench_methods.py --json`)."""
    return {row["method"]: StepTime(row["ratio"], *row["quartiles"]) for row in _measured().get("rows", [])}


def networks() -> tuple[str, ...]:
    """Backbones of the streams whose steps were timed."""
    return tuple(stream.split()[0] for stream in _measured().get("setting", {}).get("streams", ()))


def where() -> str:
    """On what they were measured; nothing where they were not."""
    setting = _measured().get("setting")
    if not setting:
        return ""
    device = f"{setting['device']} {setting['precision']}, {setting['threads']} threads"
    return f"{' + '.join(setting['streams'])}, batches of {setting['batch']}, {device}"


@cache
def _measured() -> dict[str, Any]:
    file = resources.files("results").joinpath("measured/steps.json")
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
