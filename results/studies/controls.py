"""Controls of a study: a known harm and a known gain must be found, or "no difference" is not said.

A study in which nothing can be seen would call everything equal. Both controls show that a difference of the
size that matters would have been seen.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.campaign.study.plan import StudyPlan
from results.statistics.nested import Nested
from results.studies.arms import arm_of, plainest
from results.studies.measure import Matrix, Output

KNOWN = {"harm": -1, "gain": 1}


@dataclass(frozen=True)
class Control:
    """kind: "harm" or "gain". differences: to the reference, in points; None where it was not run."""

    kind: str
    arm: str
    against: str
    at_least: float
    differences: Nested | None

    @property
    def found(self) -> bool:
        """Whether the interval over pre-trainings is beyond 0 in the known direction, the mean far enough."""
        if self.differences is None:
            return False
        sign, interval = KNOWN[self.kind], self.differences.over_pretrainings()
        return sign * interval.centre >= self.at_least and sign * interval.centre > interval.half


def controls(plan: StudyPlan, matrix: Matrix) -> list[Control]:
    """Of the plan; none where it has none."""
    given = plan.controls
    if given is None:
        return []
    against = plainest(plan, arm_of(given.against)).name
    found = []
    for kind, text in (("harm", given.harm), ("gain", given.gain)):
        arm = plainest(plan, arm_of(text)).name
        gap = matrix.differences(Output(arm), Output(against))
        found.append(Control(kind, arm, against, given.at_least, gap))
    return found
