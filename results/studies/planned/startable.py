"""Which arms of a plan have what their runs start from: pre-trained streams, trained teachers. No torch."""

from __future__ import annotations

from dataclasses import replace

from backbones.base.errors import UsageError, UserError
from harness.campaign.study.plan import StudyPlan, named_arms
from harness.campaign.study.tasks import recipe
from harness.config.recipe.recipe_of import NothingBefore
from harness.config.warnings import check_teacher
from methods.catalogue import METHODS
from results.studies.arms import Arm, Arms, arm_of, check_of_all, key_of


def startable(plan: StudyPlan, found: Arms) -> Arms:
    """The arms whose runs have what they start from; the others of tables are told with the reason.

    Raises UsageError for a setting of the plan that no run can have, where nothing is pre-trained before the
    plan's runs and it does not say so, and for an arm of its own, or a control, whose frozen teacher nobody
    trains.
    """
    named = reversed(named_arms(plan).items())  # so that arms count before controls that are the same
    own = {key_of(plan, arm_of(text)): where for where, text in named}
    kept, impossible = [], list(found.impossible)
    for arm in found.arms:
        try:
            check_teacher(recipe(plan, arm, 0, 1).with_weights())
        except UserError as error:
            check_of_all(plan, arm, error)
            if where := own.get(key_of(plan, arm)):
                raise UsageError(f"{where}: {_why(plan, arm, error)}") from None
            impossible.append((arm.of[0], _why(plan, arm, error)))
        else:
            kept.append(arm)
    return replace(found, arms=tuple(kept), impossible=tuple(dict.fromkeys(impossible)))


def _why(plan: StudyPlan, arm: Arm, error: UserError) -> str:
    teacher = METHODS.get(arm.method).taught_by
    if isinstance(error, NothingBefore) and teacher:
        return f"no recipe of preset '{plan.preset}' trains '{teacher}' first, the teacher of '{arm.method}'"
    if isinstance(error, NothingBefore):
        return (
            f"under preset '{plan.preset}' nothing is pre-trained before '{arm.name}'; give the plan "
            "'from_scratch: true', or a preset with a recipe for it ('pretraining')"
        )
    why = str(error).partition("; give --weights")[0]  # which is of a command, not of a plan
    return f"{why}, and with 'from_scratch: true' nothing trains it before" if plan.from_scratch else why
