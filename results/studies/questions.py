"""What a study was planned to decide: a paper's orders that its arms can test, or arms against a reference.

Claims of two data sets that come down to the same comparison here are one question.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from backbones.base.errors import UserError
from harness.campaign.study.plan import HEADLINE, StudyPlan
from harness.config.difference import as_yaml, flatten, run_key
from methods.catalogue import METHODS
from methods.fusion.catalogue import FUSIONS
from results.claims.claims import Claim, cited
from results.claims.side import Side
from results.matching import paper_preset, varied_by
from results.studies.arms import Arm, arm_of, configuration, plainest
from results.studies.measure import Output

SIGNS = {">": 1, "<": -1, "~": 0}


@dataclass(frozen=True)
class Question:
    """claims: that it answers, none of a study without a paper. table: its orders are corrected together.

    sign: as of an order. left is compared with each of rights; a number is a share that a claim names.
    """

    claims: tuple[Claim, ...]
    table: str
    statement: str
    sign: int
    left: Output
    rights: tuple[Output | float, ...]

    def margin(self, plan: StudyPlan) -> float:
        """Points that matter: of the part of the test videos that is looked at, else of the headline."""
        part = self.left.metric.partition(".")[2]
        return plan.margin.get(part, plan.margin[HEADLINE])


def questions(plan: StudyPlan, arms: Sequence[Arm], claims: Iterable[Claim]) -> list[Question]:
    """Of a study without a paper: each of its own arms against the reference, the first arm where none is."""
    if not plan.paper:
        return _of_arms(plan, arms)
    finder = Finder(plan, arms)
    found: dict[tuple[object, ...], Question] = {}
    for claim in claims:
        asked = finder.question(claim) if _is_an_order(claim) else None
        if asked is not None:
            key = asked.table, asked.sign, asked.left, asked.rights
            known = found.get(key)
            same = (*known.claims, claim) if known else (claim,)
            found[key] = Question(same, asked.table, asked.statement, asked.sign, asked.left, asked.rights)
    return list(found.values())


def _is_an_order(claim: Claim) -> bool:
    """Quoted ones too: a plan asks for them."""
    return claim.relation in SIGNS and claim.left.is_run and claim.provenance != "derived"


def _of_arms(plan: StudyPlan, arms: Sequence[Arm]) -> list[Question]:
    first = plainest(plan, arm_of(plan.controls.against)) if plan.controls else arms[0]
    own = {plainest(plan, arm_of(text)).name for text in plan.arms}
    return [
        Question((), "arms", f"{arm.name} > {first.name}", 1, Output(arm.name), (Output(first.name),))
        for arm in arms
        if arm.name != first.name and (arm.name in own or set(arm.of) & set(plan.tables))
    ]


class Finder:
    """Which arms the sides of a claim are, by their configuration."""

    def __init__(self, plan: StudyPlan, arms: Sequence[Arm]) -> None:
        self.plan = plan
        self.arms = {run_key(configuration(plan, arm).plain()): arm for arm in arms}

    def question(self, claim: Claim) -> Question | None:
        """None where the plan has not all that it compares."""
        left = self.output(claim.left, varied_by(claim.left, claim.right))
        rights = self._rights(claim, left) if left else ()
        if left is None or not rights:
            return None
        statement = claim.statement()
        return Question((claim,), claim.where, statement, SIGNS[claim.relation], left, tuple(rights))

    def _rights(self, claim: Claim, left: Output | None) -> Sequence[Output | float]:
        right = claim.right
        if right is None or right.kind == "cited":
            own = claim.dataset == self.plan.dataset and self.plan.preset == claim.left.preset
            limit = cited().get((right.name, claim.dataset, right.metric)) if right else claim.number
            return [limit] if own and limit is not None else []
        if not right.is_run:
            return []
        if right.is_grid:
            return [each for each in self._grid(right) if each != left]
        found = self.output(right, varied_by(claim.left, right))
        return [found] if found else []

    def output(self, side: Side, varied: Collection[str] = ()) -> Output | None:
        """What a side does not say of a setting that the other side varies is the paper's own."""
        if side.members:
            parts = [self.output(member, varied) for member in side.members]
            known = tuple(part for part in parts if part)
            return Output(side.name, side.metric, known) if len(known) == len(parts) else None
        paper, own = flatten(paper_preset(side.preset)), dict(side.pairs)
        own |= {key: as_yaml(paper[key]) for key in varied if key not in own}
        pairs = tuple(f"{key}={value}" for key, value in own.items())
        try:
            key = run_key(configuration(self.plan, Arm(side.name, pairs)).plain())
        except UserError:
            return None
        arm = self.arms.get(key)
        return Output(arm.name, side.metric) if arm and self._is_scored(arm, side.metric) else None

    def _is_scored(self, arm: Arm, metric: str) -> bool:
        """Whether the plan fits the fusion rule whose output that is, where it is one that learns."""
        rule = FUSIONS.find(metric.partition(".")[0])
        if rule is None or not rule.learned or self.plan.fitted is None or arm.name in self.plan.fitted:
            return True
        return METHODS.get(arm.method).fusion == rule.name

    def _grid(self, side: Side) -> list[Output]:
        """Every arm that differs from the side's fixed settings in the settings with a star alone."""
        stars = {key for key, value in side.pairs if value == "*"}
        fixed = {f"{key}={value}" for key, value in side.pairs if value != "*"}
        return [
            Output(arm.name, side.metric)
            for arm in self.arms.values()
            if arm.method == side.name
            and fixed <= set(arm.pairs)
            and {pair.partition("=")[0] for pair in set(arm.pairs) - fixed} <= stars
        ]
