"""The arms of a plan that is to be run: it compares arms, or outputs of one; none twice. No torch."""

from __future__ import annotations

from collections.abc import Collection

from backbones.base.errors import UsageError, suggestion
from harness.campaign.study.plan import StudyPlan
from harness.papers.registry import PAPERS
from results.claims.claims import claims
from results.studies.arms import Arm, Arms, arm_of, arms, key_of
from results.studies.measure import Output
from results.studies.planned.startable import startable
from results.studies.questions import questions


def compared(plan: StudyPlan, methods: Collection[str]) -> Arms:
    """`arms`; a `UsageError` too where the plan says something else than its writer can have meant.

    Rows of tables and controls may be arms of the plan's own: they are one configuration, and run once.
    """
    if plan.paper:
        PAPERS.get(plan.paper)
    found = arms(plan, methods)
    _check_own(plan)
    found = startable(plan, found)
    within = len(found.arms) == 1 and _has_orders_within(plan, found)
    if len(found.arms) == 1 and not within:
        raise UsageError(f"a study compares arms, and '{found.arms[0].name}' is its only one; name another")
    if len(plan.arms) == 1 and not plan.tables and not within:
        raise UsageError(
            f"arms: a study compares at least two, and '{arm_of(plan.arms[0]).name}' is the only one"
        )
    for name in plan.fitted or ():
        if name not in found.names():
            hint = suggestion(name, found.names()) or ";"
            raise UsageError(f"fitted: no arm '{name}'{hint} the arms are {', '.join(found.names())}")
    return found


def _has_orders_within(plan: StudyPlan, found: Arms) -> bool:
    """Whether the paper orders the outputs of the one arm, as a stream above the other one."""
    asked = questions(plan, found.arms, claims(plan.paper)) if plan.paper else []
    return any(isinstance(right, Output) for each in asked for right in each.rights)


def _check_own(plan: StudyPlan) -> None:
    """Raises UsageError where the plan lists a configuration again, in other words perhaps."""
    seen: dict[str, Arm] = {}
    for arm in map(arm_of, plan.arms):
        first = seen.setdefault(key_of(plan, arm), arm)
        if arm is not first:
            other = f"is the same configuration as '{first.name}'"
            same = "is there twice" if arm.name == first.name else other
            raise UsageError(f"arms: '{arm.name}' {same}; name each arm once")
