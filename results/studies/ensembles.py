"""The ensembles of a study: means of several arms' outputs, from the same pair and joint seed. No torch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from backbones.base.errors import UserError
from harness.campaign.study.plan import StudyPlan
from harness.record.schema import FusionScores, Record
from results.claims.claims import claims as claims_of
from results.outputs.ensembles import joined, scores
from results.outputs.kept import Key, key_of
from results.outputs.stored import stored_output
from results.studies.arms import Arm
from results.studies.measure import Cell, Matrix, Output
from results.studies.questions import Finder, Question, questions
from results.tables.catalogue import parts, spec

Paths = Mapping[str, Path]


def of_questions(asked: Iterable[Question]) -> list[Output]:
    """The ensembles that are compared, each once."""
    every = (each for question in asked for each in (question.left, *question.rights))
    return list(dict.fromkeys(each for each in every if isinstance(each, Output) and each.members))


def of_plan(plan: StudyPlan, arms: Sequence[Arm]) -> list[Output]:
    """Those that its questions compare, and those of its tables' rows."""
    found = of_questions(questions(plan, arms, claims_of(plan.paper) if plan.paper else ()))
    finder = Finder(plan, arms)
    for part in (part for table in plan.tables for part in parts(table).values()):
        sides = (row.side("top1") for row in spec(part, ()).rows)
        found += [made for side in sides if side and side.members and (made := finder.output(side))]
    return list(dict.fromkeys(found))


def with_ensembles(matrix: Matrix, wanted: Iterable[Output], paths: Paths) -> tuple[Matrix, list[str]]:
    """(the matrix with a row for each of them, a line for each reason why one could not be made)."""
    rows: dict[str, dict[Cell, tuple[Record, ...]]] = {}
    problems: dict[str, None] = {}
    for ensemble in wanted:
        for cell, splits in _cells(matrix, ensemble):
            outputs = [_name(member) for member in ensemble.members]
            try:
                made = tuple(joined(members, outputs, ensemble.arm, paths) for members in splits)
            except UserError as error:
                problems[f"{ensemble.arm}: {error}"] = None
            else:
                rows.setdefault(ensemble.arm, {})[cell] = made
    return Matrix({**matrix.runs, **rows}), list(problems)


def to_keep(
    matrix: Matrix, wanted: Iterable[Output], paths: Paths, kept: Collection[Key] = ()
) -> tuple[dict[Key, FusionScores], list[str]]:
    """(what `results.outputs.kept` keeps of these runs, a line for each ensemble that could not be made).

    kept: what it has already.
    """
    found: dict[Key, FusionScores] = {}
    problems: dict[str, None] = {}
    for ensemble in wanted:
        outputs = [_name(member) for member in ensemble.members]
        for members in (members for _, splits in _cells(matrix, ensemble) for members in splits):
            try:
                plain = [stored_output(record, each) for record, each in zip(members, outputs, strict=True)]
                if (key := key_of(members, plain)) not in kept:
                    found[key] = scores(members, outputs, paths)
            except UserError as error:
                problems[f"{ensemble.arm}: {error}"] = None
    return found, list(problems)


def _cells(matrix: Matrix, ensemble: Output) -> Iterator[tuple[Cell, list[list[Record]]]]:
    """Each pair and joint seed that all members have; of it, split by split, a record of each member."""
    rows = [matrix.runs.get(member.arm, {}) for member in ensemble.members]
    for cell in sorted(set.intersection(*map(set, rows))):
        splits = [{record.data.split: record for record in row[cell]} for row in rows]
        both = sorted(set.intersection(*map(set, splits)))
        yield cell, [[each[split] for each in splits] for split in both]


def _name(member: Output) -> str:
    """ "global" of "global.top1"."""
    return member.metric.partition(".")[0]
