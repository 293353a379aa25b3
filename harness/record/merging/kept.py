"""What of several records of one run is kept: decided before anything is written. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from harness.record.comparison.replication import CONTRADICTION, SAME, how_to_look, relation
from harness.record.schema import RunRecord

What = TypeVar("What")


@dataclass(frozen=True)
class Found(Generic[What]):
    """A record, and what it stands for: a run's folder, or a line of a study's file. source: number of the
    folder that it was found under; 0 is the one that is merged into. place: as messages name it."""

    source: int
    place: str
    record: RunRecord
    what: What


@dataclass(frozen=True)
class Kept(Generic[What]):
    """first: what has the run's own place. replications: further ones, which differ from it and from each
    other. problem: why neither is kept, where two contradict each other."""

    first: Found[What] | None
    replications: tuple[Found[What], ...] = ()
    problem: str = ""


def kept(found: Sequence[Found[What]]) -> Kept[What]:
    """Of the records of one run, in the order of their folders. Every two are compared, so that whether they
    contradict each other does not depend on that order."""
    apart: list[Found[What]] = []
    for number, each in enumerate(found):
        against = {index: relation(other.record, each.record) for index, other in enumerate(found[:number])}
        for index, how in against.items():
            if how == CONTRADICTION:
                return Kept(None, problem=_contradiction(found[index], each))
        if SAME not in against.values():
            apart.append(each)
    return Kept(apart[0], tuple(apart[1:]))


def _contradiction(first: Found[What], second: Found[What]) -> str:
    return (
        f"run {first.record.id}: two records that were made alike disagree: {_places(first, second)}; "
        f"none is taken, {how_to_look(first.place, second.place)}"
    )


def _places(first: Found[What], second: Found[What]) -> str:
    return first.place if first.place == second.place else f"{first.place} and {second.place}"


def of_two_studies(found: Sequence[Found[What]]) -> str:
    """A line where one run's records say different studies, plans, arms or pairs, else ""."""
    for each in found[1:]:
        if each.record.study != found[0].record.study:
            return (
                f"run {each.record.id}: its records in {_places(found[0], each)} are of different studies, "
                "plans, arms or pairs; none is taken"
            )
    return ""
