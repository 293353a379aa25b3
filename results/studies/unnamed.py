"""Whether the arms of a study differ in nothing but what they name: settings, scenes, weights, machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backbones.base.streams import STREAMS
from harness.config.difference import differences, flatten
from harness.record.schema import Record
from methods.catalogue import METHODS, teacher_of, uses_own_networks
from results.studies.arms import Arm
from results.studies.measure import Matrix

# Of the method, which the arm names: its settings, and the rule that is its own. Which other rules are fitted
# changes nothing of the arm.
OF_THE_METHOD = ("method.", "fusion.", "fit.rules")


def unnamed_differences(matrix: Matrix, arms: list[Arm]) -> list[str]:
    """A line for the arms that differ, in the same pair, from the first one in the same unnamed things."""
    found: dict[str, dict[str, None]] = {}
    measured = [arm for arm in arms if matrix.runs.get(arm.name)]
    for arm in measured[1:]:
        first = measured[0]
        both = matrix.runs[first.name].keys() & matrix.runs[arm.name].keys()
        for cell in sorted(both):
            ours, theirs = matrix.runs[arm.name][cell][0], matrix.runs[first.name][cell][0]
            for what in between(ours, theirs, arm, first):
                found.setdefault(arm.name, {})[what] = None
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, unnamed in found.items():
        alike.setdefault(tuple(unnamed), []).append(name)
    return [
        f"{'; '.join(names)} {'differ' if len(names) > 1 else 'differs'} from {measured[0].name} in "
        f"{', '.join(unnamed)}"
        for unnamed, names in alike.items()
    ]


def between(record: Record, other: Record, *arms: Arm) -> Iterator[str]:
    """What two runs of one pair differ in and their arms do not name."""
    named = {pair.partition("=")[0] for arm in arms for pair in arm.pairs}
    left, right = flatten(record.config), flatten(other.config)
    for key in differences(left, right):
        if not (key.startswith(OF_THE_METHOD) or _is_named(key, named) or _of_its_method(key, arms)):
            yield key
    yield from _facts(record, other, named)


def _is_named(key: str, named: set[str]) -> bool:
    """A backbone that is named brings settings of its own."""
    stream = key.partition(".")[0]
    return key in named or (stream in STREAMS and f"{stream}.backbone" in named)


def _of_its_method(key: str, arms: tuple[Arm, ...]) -> bool:
    """What a method that uses its own networks, or a trained teacher, settles by itself."""
    stream = key.partition(".")[0]
    own = any(uses_own_networks(arm.method) for arm in arms if METHODS.find(arm.method))
    return (own and (stream in STREAMS or key == "test.global_clips")) or any(
        key == f"{teacher_of(arm.method)}.weights" for arm in arms
    )


def _facts(record: Record, other: Record, named: set[str]) -> Iterator[str]:
    facts: dict[str, tuple[Any, Any]] = {
        "precision": (record.precision, other.precision),
        "pre-trained pair": (_pair(record), _pair(other)),
        "code": (record.code, other.code),
    }
    if not any(key.startswith("data.") for key in named):
        facts["videos"] = record.data.fingerprint, other.data.fingerprint
    for what, (ours, theirs) in facts.items():
        if ours != theirs:
            yield what
    yield from differences(record.environment, other.environment)


def _pair(record: Record) -> tuple[str, int] | None:
    """By its id, which says all: older records do not have its settings."""
    found = record.starts_from.pair
    return (found.id, found.seed) if found else None
