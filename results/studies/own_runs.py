"""Which records a study counts: those that are what its plan says of them, one for each place in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from harness.campaign.study.plan import StudyPlan
from harness.campaign.study.tasks import PRETRAINING
from harness.config.difference import flatten
from harness.record.schema import Record
from results.studies.arms import Arm, configuration

NAME = "method.name"  # the first thing in which arms differ
_ABSENT = object()


def own_runs(
    plan: StudyPlan, sha256: str, arms: Iterable[Arm], records: Iterable[Record]
) -> tuple[list[Record], list[str]]:
    """(records of the study that count, a line for what is left out and why).

    A record names its arm, pair and joint seed. It is left out where its settings are another arm's, where
    another run has the same place, and where its identity, the version of what an id is made of, is not that
    of most.
    """
    named = [record for record in records if record.study and record.study.name == plan.name]
    own = [record for record in named if record.study and record.study.plan_sha256 == sha256]
    others = len(named) - len(own)
    problems = [f"{others} records of study {plan.name} were made by another version of its plan"] * bool(
        others
    )
    for check in (_of_their_arm(plan, arms), _of_one_identity, _alone):
        own, said = check(own)
        problems += said
    return own, problems


class _of_their_arm:
    """Settings in which the arms differ are compared; all others are the same in every arm."""

    def __init__(self, plan: StudyPlan, arms: Iterable[Arm]) -> None:
        self.wanted = {arm.name: flatten(configuration(plan, arm).plain()) for arm in arms}
        keys = {key for flat in self.wanted.values() for key in flat}
        self.telling = [
            key
            for key in sorted(keys, key=lambda key: (key != NAME, key))
            if len({repr(flat.get(key, _ABSENT)) for flat in self.wanted.values()}) > 1
        ]

    def __call__(self, records: Iterable[Record]) -> tuple[list[Record], list[str]]:
        kept, said = [], []
        for record in records:
            wrong = self._wrong(record)
            if wrong:
                said.append(
                    f"left out: run {record.id} is said to be of arm '{_arm(record)}', but has {wrong}"
                )
            else:
                kept.append(record)
        return kept, said

    def _wrong(self, record: Record) -> str:
        wanted = self.wanted.get(_arm(record))
        if wanted is None:  # an arm that is not planned is named elsewhere
            return ""
        found: Mapping[str, Any] = flatten(record.config)
        wrong = [key for key in self.telling if found.get(key, _ABSENT) != wanted.get(key, _ABSENT)]
        return f"{wrong[0]}: {found.get(wrong[0], 'nothing')}" if wrong else ""


def _of_one_identity(records: list[Record]) -> tuple[list[Record], list[str]]:
    counts = Counter(record.identity for record in records)
    if len(counts) < 2:
        return records, []
    most = max(counts, key=lambda each: (counts[each], each))
    left = len(records) - counts[most]
    said = f"left out: {left} runs of another identity than {most}, which most have: they are not pooled"
    return [record for record in records if record.identity == most], [said]


def _alone(records: list[Record]) -> tuple[list[Record], list[str]]:
    """Of two runs for one place neither is taken: whoever could choose would choose a result."""
    places: dict[tuple[str, int, int, str], set[str]] = {}
    for record in records:
        places.setdefault(_place(record), set()).add(record.id)
    twice = {place: ids for place, ids in places.items() if len(ids) > 1}
    said = [
        f"left out: runs {' and '.join(sorted(ids))} have one place ({arm}, pair {pair}, joint seed {seed}); "
        "keep the one that the study made"
        for (arm, pair, seed, _), ids in twice.items()
    ]
    return [record for record in records if _place(record) not in twice], said


def _place(record: Record) -> tuple[str, int, int, str]:
    made = record.study
    assert made is not None
    return made.arm, made.pair, made.seed, record.data.split


def _arm(record: Record) -> str:
    return record.study.arm if record.study else PRETRAINING
