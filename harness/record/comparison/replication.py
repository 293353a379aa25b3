"""Two records of one run, made on one machine or on two. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.record.schema import RunRecord

SECONDS = "fit_s"  # of fitting a rule, among its scores
SAME, REPLICATION, CONTRADICTION = "the same", "a replication", "a contradiction"


def relation(first: RunRecord, second: RunRecord) -> str:
    """SAME result, however often it was made; else, made in one environment, a contradiction."""
    if result(first.model_dump(mode="json")) == result(second.model_dump(mode="json")):
        return SAME
    return CONTRADICTION if first.environment == second.environment else REPLICATION


def how_to_look(first: str, second: str) -> str:
    """What to do to see how two records differ, by where they are; lines of a study's files are no runs."""
    if ".jsonl" in first + second:
        return "compare the lines with its id"
    return f"'harness diff {first} {second}' shows both"


def result(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Of a record's tree, what a second run on the same machine has too: seconds are others every time."""
    return {name: _without_seconds(tree.get(name)) for name in ("config", "metrics", "validation")}


def _without_seconds(tree: Any) -> Any:
    if isinstance(tree, Mapping):
        return {key: _without_seconds(value) for key, value in tree.items() if key != SECONDS}
    return tree
