"""Accuracies that cannot all be true make a record unusable: each is broken in a record that is sound."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError
from support.places import ROOT

from harness.record.schema import Record

STUDY = ROOT / "results" / "measured" / "studies" / "mbd" / "pair-000.jsonl"


@pytest.fixture
def tree() -> dict[str, Any]:
    """Of a run on 416 videos, 104 of each of four families, of which one stands apart."""
    trees = map(json.loads, STUDY.read_text().splitlines())
    return next(each for each in trees if each["metrics"])


def outside(scores: dict[str, Any]) -> None:
    scores["top1"]["correct"] = 0


def without_its_families(scores: dict[str, Any]) -> None:
    """By itself sound: few are right, in an interval of few."""
    scores["top1"] |= {"correct": 0, "low": 0.0, "high": 5.0}


def one_more_in_a_family(scores: dict[str, Any]) -> None:
    share = next(each for name, each in scores["per_family"].items() if name != "conflict")
    share["correct"] -= 1


def more_at_first_than_among_five(scores: dict[str, Any]) -> None:
    scores["top5"] |= {"correct": scores["top1"]["correct"] - 1, "low": 0.0}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (outside, "0 of 312 lies outside its interval"),
        (without_its_families, "top-1 has 0 of 312 right, which no families add up to"),
        (one_more_in_a_family, "which no families add up to"),
        (more_at_first_than_among_five, "right, top-"),
    ],
)
@pytest.mark.parametrize("part", ["local", "fusion"])
def test_numbers_that_contradict_each_other(
    tree: dict[str, Any], spoil: Callable[[dict[str, Any]], None], said: str, part: str
) -> None:
    Record.model_validate(tree)
    metrics = tree["metrics"]
    spoil(metrics["fusion"]["average"] if part == "fusion" else metrics[part])
    with pytest.raises(ValidationError, match=said):
        Record.model_validate(tree)
