"""A study's contrasts as flat rows, for pandas, R or a spreadsheet: numbers as numbers."""

from __future__ import annotations

from math import isfinite
from typing import Any

from results.statistics.nested import Interval
from results.studies.analysis import Analysis, Answer
from results.studies.contrast import Contrast, contrast
from results.studies.measure import Output
from results.studies.report.arms import metrics, reference


def rows(analysis: Analysis) -> list[dict[str, Any]]:
    """A row for each order, control and difference to the reference, told apart by `kind`."""
    found = [each for answer in analysis.answers for each in _orders(answer)]
    for control in analysis.controls:
        each = contrast(analysis.matrix, Output(control.arm), Output(control.against), control.at_least)
        if each is not None:
            found.append(row(f"control: known {control.kind}", each) | {"word": _found(control.found)})
    base = reference(analysis)
    for metric in metrics(analysis):
        for arm in analysis.arms:
            margin = analysis.plan.margin["headline"]
            each = contrast(analysis.matrix, Output(arm.name, metric), Output(base, metric), margin)
            if each is not None and arm.name != base:
                found.append(row("difference", each))
    return found


def _found(found: bool) -> str:
    return "found" if found else "not found"


def _orders(answer: Answer) -> list[dict[str, Any]]:
    said = {
        "table": answer.question.table,
        "claims": " ".join(claim.id for claim in answer.question.claims),
        "order": answer.question.statement,
        "word": answer.word,
        "why": answer.why,
        "level": answer.level,
    }
    return [row("order", each) | said | {"sign": each.sign} for each in answer.contrasts]


def row(kind: str, found: Contrast) -> dict[str, Any]:
    """A contrast's numbers; intervals by their ends; None where there is none, and no p then."""
    between, within = found.deviations()
    tested = isfinite(found.over.half)
    shown, pairs = found.showing
    return {
        **dict.fromkeys(("kind", "table", "claims", "order", "word", "why", "level", "sign")),
        "kind": kind,
        "left": str(found.left),
        "right": str(found.right),
        "difference": found.differences.mean,
        **_ends("over_pretrainings", found.over),
        **_ends("these_streams", found.these),
        "p_direction": found.p.direction if tested else None,
        "p_equivalent": found.p.equivalent if tested else None,
        "margin": found.margin,
        "power_order": found.power.order if found.power else None,
        "power_equal": found.power.equal if found.power else None,
        "pairs": pairs,
        "runs": found.differences.runs,
        "pairs_showing_it": shown,
        "sd_between": between,
        "sd_within": within,
    }


def _ends(name: str, interval: Interval) -> dict[str, float | None]:
    known = isfinite(interval.half)
    return {
        f"{name}_low": interval.low if known else None,
        f"{name}_high": interval.high if known else None,
    }
