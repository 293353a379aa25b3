"""Records that a study may not count: swapped arms, two runs for one place, another identity."""

from __future__ import annotations

from typing import Any

import pytest
from support.made_studies import CONTROLS, SHA, analysed, gains, plan, runs

from harness.record.schema import Record
from methods.catalogue import METHODS
from results.studies.analysis import INTERIM, Analysis, analyse

STUDY = plan(paper="mbd", tables=["components"], controls=CONTROLS)
TRUTH = gains({"mbd, kl_weight=0.1": -4.0, "mbd, kl_weight=0.9": 4.0, "mbd": 2.0})


def looked_at(records: list[Record]) -> Analysis:
    return analyse(STUDY, SHA, records, METHODS.names())


def said_to_be(record: Record, **place: Any) -> Record:
    assert record.study
    return record.model_copy(update={"study": record.study.model_copy(update=place)})


def left_out(found: Analysis) -> list[str]:
    return [line for line in found.problems if line.startswith("left out")]


def test_of_sound_records_none_is_left_out() -> None:
    found = analysed(STUDY, TRUTH)
    assert (found.complete, left_out(found)) == (True, [])


@pytest.mark.parametrize(
    ("one", "other", "what"),
    [
        ("mbd", "two_stream", "method.name: two_stream, not mbd"),
        ("mbd, final=false", "mbd, middle=false", "method.final: nothing, not false"),
    ],
)
def test_runs_whose_arms_are_swapped_decide_nothing(one: str, other: str, what: str) -> None:
    """A verdict turned round: from 'does not hold' to 'holds'."""
    swap = {one: other, other: one}
    records = [
        said_to_be(each, arm=swap.get(each.study.arm, each.study.arm))
        for each in runs(STUDY, TRUTH)
        if each.study
    ]
    found = looked_at(records)
    assert len(left_out(found)) == 2 * STUDY.pairs
    assert any(f"is said to be of arm '{one}', but has {what}" in line for line in left_out(found))
    assert {answer.word for answer in found.answers} == {INTERIM}


def test_runs_of_another_plan_that_are_said_to_be_of_this_one_decide_nothing() -> None:
    """Pre-trained runs under a plan from scratch, whose arms have the same names."""
    other = plan(name="other", paper="mbd", tables=["components"], controls=CONTROLS, from_scratch=True)
    records = runs(other, TRUTH)
    found = looked_at([said_to_be(each, name=STUDY.name) for each in records])
    assert len(left_out(found)) == len(records)
    assert {answer.word for answer in found.answers} == {INTERIM}


@pytest.mark.parametrize(
    ("place", "what"), [({"pair": 1}, "seed: "), ({"seed": 2}, "joint seed 2, which are not")]
)
def test_a_run_said_to_be_of_another_place_is_left_out(place: dict[str, int], what: str) -> None:
    records = runs(STUDY, TRUTH)
    found = looked_at([said_to_be(records[0], **place), *records[1:]])
    assert any(records[0].id in line and what in line for line in left_out(found))
    assert not found.complete


def test_of_two_runs_for_one_place_none_is_chosen() -> None:
    """The better one of two would be a choice on test videos."""
    records = runs(STUDY, TRUTH)
    again = records[3].model_copy(update={"id": "ffffffffffff", "finished": "2027-01-01T00:00:00+00:00"})
    found = looked_at([*records, again])
    (line,) = left_out(found)
    assert records[3].id in line
    assert "ffffffffffff" in line
    assert found.missing == ((records[3].study.arm, 0, 1),)  # type: ignore[union-attr]


def test_other_identities_are_not_pooled() -> None:
    records = runs(STUDY, TRUTH)
    older = [records[0].model_copy(update={"identity": records[0].identity + 1}), *records[1:]]
    found = looked_at(older)
    (line,) = left_out(found)
    assert line.startswith(f"left out: 1 runs of another identity than {records[0].identity}")
    assert not found.complete
