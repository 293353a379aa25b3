"""A study's records against its plan: is it complete, were its controls found, what did it decide."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.campaign.study.plan import StudyPlan
from harness.record.schema import Record
from results.claims.claims import claims as claims_of
from results.statistics.orders import HOLDS, NO_DIFFERENCE, UNDECIDED, decide
from results.studies.arms import Arm, arms
from results.studies.contrast import Contrast, contrast
from results.studies.controls import Control, controls
from results.studies.ensembles import of_questions, with_ensembles
from results.studies.measure import Cell, Matrix
from results.studies.own_runs import own_runs
from results.studies.planned.startable import startable
from results.studies.planned_power import planned_power
from results.studies.questions import Question, questions
from results.studies.unnamed import unnamed_differences

INTERIM, VALIDATION, NOT_MEASURED = "interim look: no verdict", "validation: no verdict", "not measured"


@dataclass(frozen=True)
class Answer:
    """word: of `results.statistics.orders.WORDS`, or why there is none. level: that p was
    compared with. why: what more is to be known of the word. contrasts: one for each of its orders.
    """

    question: Question
    contrasts: tuple[Contrast, ...]
    word: str
    level: float | None = None
    why: str = ""


@dataclass(frozen=True)
class Analysis:
    """missing: (arm, pair, joint seed) that the plan has and the records have not. problems: lines on records
    that cannot be used, and on arms that differ in what they do not name. pretrainings_s: seconds of each
    pre-training, where its record is known. commit: that it began with; "" where there was none, None where
    that is not known. lost: its records' folder does not say how it began.
    """

    plan: StudyPlan
    sha256: str
    arms: tuple[Arm, ...]
    matrix: Matrix
    controls: tuple[Control, ...]
    missing: tuple[tuple[str, int, int], ...]
    answers: tuple[Answer, ...]
    problems: tuple[str, ...]
    pretrainings_s: tuple[float, ...] = ()
    commit: str | None = None
    lost: bool = False

    @property
    def complete(self) -> bool:
        return not self.missing

    @property
    def state(self) -> str:
        """`complete`, or how far it is."""
        if self.complete:
            return "complete"
        planned = self.planned
        return f"{planned - len(self.missing)} of {planned} runs"

    @property
    def planned(self) -> int:
        return len(self.arms) * len(cells(self.plan))

    def answer(self, claim: str) -> Answer | None:
        """To the claim of that id, where the study was planned to give one."""
        return next((a for a in self.answers if claim in {c.id for c in a.question.claims}), None)


def cells(plan: StudyPlan) -> list[Cell]:
    """The pairs and joint seeds that every arm has."""
    return [(pair, seed) for pair in range(plan.pairs) for seed in plan.seeds_of(pair)]


def analyse(
    plan: StudyPlan,
    sha256: str,
    records: Iterable[Record],
    methods: Collection[str],
    pilot: Matrix | None = None,
    paths: Mapping[str, Path] | None = None,
) -> Analysis:
    """records: any; those of the study are found by its name and plan. methods: names of those that can be
    run. pilot: runs from whose spread the plan's power is told. paths: of each record's file, by its run's
    id, beside which ensembles are kept."""
    made = startable(plan, arms(plan, methods))
    own, problems = own_runs(plan, sha256, made.arms, records)
    matrix = Matrix.of(own)
    problems += [f"not planned: arm {name}" for name in matrix.runs if name not in made.names()]
    problems += unnamed_differences(matrix, list(made.arms))
    found = tuple(controls(plan, matrix))
    missing = tuple(
        (arm.name, *cell)
        for cell in cells(plan)
        for arm in made.arms
        if cell not in matrix.runs.get(arm.name, {})
    )
    asked = questions(plan, made.arms, claims_of(plan.paper) if plan.paper else ())
    wanted = of_questions(asked)
    matrix, failed = with_ensembles(matrix, wanted, paths or {})
    pilot = with_ensembles(pilot, wanted, paths or {})[0] if pilot is not None else None
    problems += failed
    answers = _answers(plan, matrix, asked, pilot)
    if missing:
        answers = [replace(answer, word=INTERIM) for answer in answers]
    elif plan.part == "validation":
        answers = [replace(answer, word=VALIDATION) for answer in answers]
    else:
        answers = _decided(answers, found, len(cells(plan)))
    return Analysis(plan, sha256, made.arms, matrix, found, missing, tuple(answers), tuple(problems))


def _answers(
    plan: StudyPlan, matrix: Matrix, asked: Sequence[Question], pilot: Matrix | None
) -> list[Answer]:
    found = []
    for question in asked:
        margin, power = question.margin(plan), None
        in_table = sum(other.table == question.table for other in asked)
        contrasts = []
        for right in question.rights:
            if pilot is not None:
                power = planned_power(plan, pilot.differences(question.left, right), margin, in_table)
            if (each := contrast(matrix, question.left, right, margin, question.sign)) is not None:
                contrasts.append(replace(each, power=power))
        found.append(Answer(question, tuple(contrasts), NOT_MEASURED))
    return found


def _decided(answers: Sequence[Answer], found: Sequence[Control], runs: int) -> list[Answer]:
    """Table by table; what was not measured in all planned runs is not decided."""
    whole = [
        len(answer.contrasts) == len(answer.question.rights)
        and all(each.differences.runs == runs for each in answer.contrasts)
        for answer in answers
    ]
    words: dict[int, Answer] = {}
    for table in dict.fromkeys(answer.question.table for answer in answers):
        rows = [n for n, a in enumerate(answers) if a.question.table == table and whole[n]]
        decisions = decide([[each.order for each in answers[n].contrasts] for n in rows])
        for n, decision in zip(rows, decisions, strict=True):
            words[n] = _controlled(replace(answers[n], word=decision.word, level=decision.level), found)
    return [words.get(n, answer) for n, answer in enumerate(answers)]


def _controlled(answer: Answer, found: Sequence[Control]) -> Answer:
    """That two arms are equal is said only where the controls were found."""
    equal = NO_DIFFERENCE if answer.question.sign else HOLDS
    if answer.word != equal or (found and all(control.found for control in found)):
        return answer
    why = "controls not found" if found else "the study has no controls"
    return replace(answer, word=UNDECIDED, why=f"within the margin, but {why}")
