"""The tables of a study's report that decide: its controls, and its orders, table by table."""

from __future__ import annotations

from math import isfinite

from backbones.base.plain_text import counted
from results.studies.analysis import Analysis, Answer
from results.studies.contrast import Contrast
from results.studies.controls import Control
from results.studies.report.cells import (
    NONE,
    OVER,
    THESE,
    chance,
    half,
    number,
    points,
    share,
    shown,
    without_empty,
)
from results.tables.model import Cell, Table
from results.tables.parts.footer import top_k

COLUMNS = (
    *("claims", "order", "verdict", f"difference, ± {OVER}", f"± {THESE}"),
    *("p, different", "p, equal", "level", "power: differs by margin", "power: equal"),
    *("one run shows it", "SD of differences between pairs", "SD of differences within a pair"),
)


def controls(analysis: Analysis) -> Table:
    """What must be found before "no difference" is said."""
    columns = ["control", "compared", "found", f"difference, ± {OVER}", f"± {THESE}", "at least"]
    title = "Controls: known differences that this study must find"
    table = Table("controls", title, columns, keys=3)
    table.rows = [_control(control) for control in analysis.controls]
    return without_empty(table) if table.rows else table


def _control(control: Control) -> list[Cell]:
    head = [Cell(f"known {control.kind}"), Cell(f"{control.arm} − {control.against}")]
    found = control.differences
    if found is None:
        return [*head, Cell("not run"), Cell(NONE), Cell(NONE), number(control.at_least, 1)]
    over, these = points(found.over_pretrainings(), found.pairs), half(found.for_these_streams())
    return [*head, Cell("yes" if control.found else "no"), over, these, number(control.at_least, 1)]


def orders(analysis: Analysis) -> list[Table]:
    """One table for each table of the paper: its orders are corrected together."""
    found = []
    for name in dict.fromkeys(answer.question.table for answer in analysis.answers):
        answers = [answer for answer in analysis.answers if answer.question.table == name]
        table = Table("orders", f"Orders of {name}", list(COLUMNS), keys=3)
        table.rows = [row for answer in answers for row in _rows(answer)]
        margins = sorted({answer.question.margin(analysis.plan) for answer in answers})
        table.footer = [
            f"{counted(len(answers), 'question')}, corrected together at 5 % by a step-down procedure over "
            "three hypotheses of each: the difference is 0, at least the margin, at most minus the margin; "
            f"margin {' or '.join(f'{margin:g}' for margin in margins)} point{'s' * (margins != [1.0])}",
            "by t tests of the pairs' means: p, different: of a difference as large or larger if there were "
            "none; p, equal: of one as small or smaller if the true one were as large as the margin; each is "
            "compared with the level",
            "SD of differences: of left less right, never below that of rounding to one video; the variance "
            "components are of the arms' own values",
        ]
        if any(".top5" in answer.question.statement for answer in answers):
            said = top_k(record for arm in analysis.arms for record in analysis.matrix.records(arm.name))
            table.footer += [said] * bool(said)
        found.append(without_empty(table))
    return found


def _rows(answer: Answer) -> list[list[Cell]]:
    """One row; of an order over several cells, as "above all others", a row for each below it."""
    ids = ", ".join(claim.id for claim in answer.question.claims)
    why = f" ({answer.why})" if answer.why else ""
    head = [Cell(ids), Cell(answer.question.statement), Cell(answer.word + why)]
    if not answer.contrasts:
        return [[*head, *[Cell(NONE)] * (len(COLUMNS) - len(head))]]
    if len(answer.contrasts) == 1:
        return [[*head, *_numbers(answer.contrasts[0], answer)]]
    rows = [[*head, *[Cell("")] * (len(COLUMNS) - len(head))]]
    return rows + [
        [Cell(""), Cell(f"… {each}"), Cell(""), *_numbers(each, answer)] for each in answer.contrasts
    ]


def _numbers(found: Contrast, answer: Answer) -> list[Cell]:
    p, power = found.p, found.power
    between, within = found.deviations()
    return [
        points(found.over, found.differences.pairs),
        half(found.these),
        # Without a spread there is no test, as there is no interval: its p of 1 would read as a finding.
        *(chance(each) if isfinite(found.over.half) else Cell(NONE) for each in (p.direction, p.equivalent)),
        Cell(NONE) if answer.level is None else chance(answer.level),
        Cell(share(power.order) if power else NONE),
        Cell(share(power.equal) if power else NONE),
        Cell(shown(found)),
        number(between),
        number(within),
    ]
