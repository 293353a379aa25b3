"""What a plan costs and can decide, from the records of its pilot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import fsum, sqrt
from pathlib import Path
from typing import Any

from harness.campaign.study.plan import StudyPlan
from harness.campaign.study.tasks import PRETRAINING, pretrainings
from harness.record.schema import RunRecord
from results.claims.claims import claims as claims_of
from results.statistics.nested import Nested
from results.statistics.power import LEAST_PILOT, best_seeds, spread
from results.studies.arms import Arm
from results.studies.ensembles import of_questions, with_ensembles
from results.studies.measure import Matrix, Output
from results.studies.planned_power import planned_power
from results.studies.questions import Question, questions

Pilot = tuple[StudyPlan, Sequence[RunRecord], Matrix]


@dataclass(frozen=True)
class Row:
    """An order that the plan is to decide. sd: of pair means in the pilot, in points. order, equal: chances
    to find a difference of the margin, and one of 0 to be within it. least: the difference that is found with
    80 %. pairs: for 80 % of both chances."""

    order: str
    table: str
    margin: float
    sd: float | None
    chance: float | None
    equal: float | None
    least: float | None
    pairs: int | None

    def cells(self) -> tuple[str, ...]:
        """As a table shows it."""
        chances = [f"{100 * each:.0f} %" if each is not None else "–" for each in (self.chance, self.equal)]
        spread, least = (f"{each:.2f}" if each is not None else "–" for each in (self.sd, self.least))
        needed = str(self.pairs) if self.pairs else "–"
        return (self.order, self.table, f"{self.margin:g}", spread, *chances, least, needed)


@dataclass(frozen=True)
class Forecast:
    """runs: joint ones. pretrainings: of all pairs. seconds: of all runs, None without a pilot. problems: why
    less is known than could be."""

    runs: int
    pretrainings: int
    rows: tuple[Row, ...] = ()
    seconds: float | None = None
    pilot_pairs: int = 0
    best_seeds: int | None = None
    problems: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def forecast(
    plan: StudyPlan, arms: Sequence[Arm], pilot: Pilot | None, paths: Mapping[str, Path] | None = None
) -> Forecast:
    """pilot: its plan, all its records, and those that were tested as a matrix. paths: of its records' files,
    by their runs' ids."""
    cells = sum(len(plan.seeds_of(pair)) for pair in range(plan.pairs))
    runs = cells * len(arms)
    before_them = plan.pairs * pretrainings(plan, "", arms)
    if pilot is None:
        return Forecast(runs, before_them)
    other, records, matrix = pilot
    joint, before = _seconds(records)
    asked = asked_of(plan, arms)
    matrix, _ = with_ensembles(matrix, of_questions(asked), paths or {})
    rows = tuple(row for question in asked for row in _rows(plan, question, asked, matrix))
    pairs = len({cell[0] for cells_of in matrix.runs.values() for cell in cells_of})
    return Forecast(
        runs=runs,
        pretrainings=before_them,
        rows=rows,
        seconds=runs * joint + before_them * before if joint is not None else None,
        pilot_pairs=pairs,
        best_seeds=_best(asked, matrix, before, joint, len(arms)),
        problems=tuple(_problems(plan, other, pairs, rows)),
    )


def asked_of(plan: StudyPlan, arms: Sequence[Arm]) -> list[Question]:
    """The orders that the study judges: of its paper, or without one of its own arms."""
    return questions(plan, arms, claims_of(plan.paper) if plan.paper else ())


def _rows(plan: StudyPlan, question: Question, asked: Sequence[Question], matrix: Matrix) -> list[Row]:
    claims = sum(other.table == question.table for other in asked)
    margin, found = question.margin(plan), []
    for right in question.rights:
        differences = matrix.differences(question.left, right)
        power = planned_power(plan, differences, margin, claims)
        name = question.statement if len(question.rights) == 1 else f"{question.left} > {right}"
        chances = (power.order, power.equal, power.least, power.pairs) if power else (None,) * 4
        found.append(Row(name, question.table, margin, _sd(differences), *chances))
    return found


def _sd(differences: Nested | None) -> float | None:
    variance = differences.variance_of_means() if differences else None
    return sqrt(variance) if variance is not None else None


def _seconds(records: Sequence[RunRecord]) -> tuple[float | None, float]:
    """Mean seconds of a joint run and of a pre-training, training and testing."""
    joint: list[float] = []
    before: list[float] = []
    for record in records:
        seconds = record.timings.train_s + record.timings.test_s
        (before if record.study and record.study.arm == PRETRAINING else joint).append(seconds)
    return (sum(joint) / len(joint) if joint else None), sum(before) / len(before) if before else 0.0


def _best(
    asked: Sequence[Question], matrix: Matrix, before: float, joint: float | None, arms: int
) -> int | None:
    """By the mean spread of the headline orders; None where the pilot has one joint seed in each pair."""
    known = [
        differences
        for question in asked
        for right in question.rights
        if isinstance(right, Output)
        and (differences := matrix.differences(question.left, right))
        and differences.pairs >= LEAST_PILOT
        and (parts := differences.components())
        and parts.within is not None
    ]
    if not known or not joint or not before:
        return None
    spreads = [spread(each) for each in known]
    between = fsum(each.between for each in spreads) / len(spreads)
    within = fsum(each.within for each in spreads) / len(spreads)
    return best_seeds(type(spreads[0])(between, within), before, joint, arms)


def _problems(plan: StudyPlan, pilot: StudyPlan, pairs: int, rows: Sequence[Row]) -> list[str]:
    found = []
    if pairs < LEAST_PILOT:
        found.append(f"the pilot has {pairs} pairs; power is told from {LEAST_PILOT} on")
    for name in ("precision", "threads", "preset", "dataset"):
        ours, theirs = getattr(plan, name), getattr(pilot, name)
        if ours != theirs:
            found.append(f"the pilot has {name} {theirs}, the plan {ours}: its spread may be another one")
    unknown = sum(row.sd is None for row in rows)
    if unknown:
        found.append(f"{unknown} of {len(rows)} planned orders have an arm that the pilot has not")
    return found
