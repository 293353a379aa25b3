"""The runs of a study: each arm from each pair, with each of its joint seeds. No torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.campaign.arm import Arm
from harness.campaign.shared_settings import pairs_for
from harness.campaign.study.plan import StudyPlan
from harness.config.recipe.recipe_of import Recipe, recipe_of
from harness.record.schema import Study

PRETRAINING = "pre-training"  # the arm that its record names


@dataclass(frozen=True)
class Task:
    """A run of a study. facts: what its record says of the study."""

    facts: Study
    recipe: Recipe


def tasks(plan: StudyPlan, sha256: str, arms: Sequence[Arm], pair: int) -> Iterator[Task]:
    """All runs of a pair, one joint seed after the other, each arm of it."""
    for seed in plan.seeds_of(pair):
        for arm in arms:
            facts = Study(name=plan.name, plan_sha256=sha256, arm=arm.name, pair=pair, seed=seed)
            yield Task(facts, recipe(plan, arm, pair, seed))


def pretrainings(plan: StudyPlan, sha256: str, arms: Sequence[Arm]) -> int:
    """How many each pair needs: arms that start from the same streams share one; those of another network, or
    of more frames, need one of their own."""
    return len(
        {
            start.config.model_dump_json()
            for task in tasks(plan, sha256, arms, 0)
            for start in task.recipe.before
        }
    )


def recipe(plan: StudyPlan, arm: Arm, pair: int, seed: int) -> Recipe:
    """The arm's run from that pair, and the pre-training that it starts from."""
    flags = {
        "seed": plan.joint_seed(pair, seed),
        "precision": plan.precision,
        "method": {"name": arm.method},
        "data": {"dataset": plan.dataset, "split": plan.split_of(pair) or None},
        "test": {"part": plan.part},
    }
    own = plan.fitted is not None and arm.name not in plan.fitted
    settings = (*pairs_for(arm.method, plan.settings), *arm.pairs, *["fit.rules=own"] * own)
    if plan.from_scratch:
        return recipe_of(plan.preset, flags, settings, from_scratch=True)
    return recipe_of(plan.preset, flags, settings, pair=plan.pair_seed(pair))
