"""Two records of one run, made on one machine or on two. No torch."""

from __future__ import annotations

from typing import Any

from harness.record.schema import RunRecord

SAME, REPLICATION, CONTRADICTION = "the same", "a replication", "a contradiction"


def relation(first: RunRecord, second: RunRecord) -> str:
    """SAME result, however often it was made; else, made in one environment, a contradiction."""
    if _result(first) == _result(second):
        return SAME
    return CONTRADICTION if first.environment == second.environment else REPLICATION


def how_to_look(first: str, second: str) -> str:
    """What to do to see how two records differ, by where they are; lines of a study's files are no runs."""
    if ".jsonl" in first + second:
        return "compare the lines with its id"
    return f"'harness diff {first} {second}' shows both"


def _result(record: RunRecord) -> dict[str, Any]:
    scores = {"metrics": record.metrics, "validation": record.validation}
    return {"config": record.config, **{name: found and found.model_dump() for name, found in scores.items()}}
