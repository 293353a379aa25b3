"""Which records a study counts: those that are what its plan says of them, one for each place in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from harness.campaign.study.plan import StudyPlan
from harness.campaign.study.tasks import PRETRAINING, recipe
from harness.config.difference import AS_WEIGHTS, as_yaml, flatten
from harness.config.recipe.recipe_of import Recipe
from harness.record.schema import Record
from results.studies.arms import Arm

NAME = "method.name"  # named first where it differs
SCENES = "data.seed"  # of generated clips


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
    for check in (_AsPlanned(plan, arms), _of_one_identity, _alone):
        own, said = check(own)
        problems += said
    return own, problems


class _AsPlanned:
    """Every setting of a record is compared with what the plan gives its arm, pair and joint seed."""

    def __init__(self, plan: StudyPlan, arms: Iterable[Arm]) -> None:
        self.plan = plan
        self.wanted = {arm.name: _flat(recipe(plan, arm, 0, 1)) for arm in arms}

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
        place, wanted = record.study, self.wanted.get(_arm(record))
        if place is None or wanted is None:  # an arm that is not planned is named elsewhere
            return ""
        if not (0 <= place.pair < self.plan.pairs and place.seed in self.plan.seeds_of(place.pair)):
            return f"pair {place.pair}, joint seed {place.seed}, which are not planned"
        wanted = wanted | self._of_the_pair(wanted, place.pair, place.seed)
        found = _of_any_run(flatten(record.config))
        wrong = min(_differing(found, wanted), key=lambda key: (key != NAME, key), default="")
        values = (as_yaml(flat[wrong]) if wrong in flat else "nothing" for flat in (found, wanted))
        return "{}: {}, not {}".format(wrong, *values) if wrong else ""

    def _of_the_pair(self, wanted: Mapping[str, Any], pair: int, seed: int) -> dict[str, Any]:
        """What differs from pair to pair: seeds, and the split that is left out."""
        own: dict[str, Any] = {"seed": self.plan.joint_seed(pair, seed)}
        if wanted.get(SCENES) == self.plan.pair_seed(0):
            own[SCENES] = own["seed"] if self.plan.from_scratch else self.plan.pair_seed(pair)
        return own | ({"data.split": self.plan.split_of(pair)} if self.plan.splits else {})


def _differing(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """A record lacks settings that are newer than it is. What it lacks of a method has its default."""
    own = [key for key in found if key not in wanted or found[key] != wanted[key]]
    return own + [key for key in wanted if key not in found and key.startswith("method.")]


def _flat(planned: Recipe) -> dict[str, Any]:
    return _of_any_run(flatten(planned.with_weights().plain()))


def _of_any_run(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Where the weights of a run are started from, without its id."""
    return {key: AS_WEIGHTS if str(value).startswith(AS_WEIGHTS) else value for key, value in flat.items()}


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
