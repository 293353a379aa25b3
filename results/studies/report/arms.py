"""The tables of a study's report that describe: every arm, its differences to the reference, its parts."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from harness.campaign.study.plan import HEADLINE as HEADLINE_PART
from results.studies.analysis import Analysis
from results.studies.measure import HEADLINE, Output
from results.studies.report.cells import NONE, OVER, THESE, number, percent, points
from results.studies.report.components import deviations
from results.tables.model import Cell, Table

STREAMS = ("local.top1", "global.top1")
RULES = (HEADLINE, "average.top1")


def metrics(analysis: Analysis) -> list[str]:
    """The headline, the average and each stream; then the parts that the plan has a margin for."""
    parts = [part for part in analysis.plan.margin if part != HEADLINE_PART]
    return [
        *RULES,
        *STREAMS,
        *(f"{output}.{part}" for part in parts for output in ("own", "local", "global")),
    ]


def reference(analysis: Analysis) -> str:
    """What the controls are compared with; the first arm where there are none."""
    return analysis.controls[0].against if analysis.controls else analysis.arms[0].name


def arms(analysis: Analysis) -> Table:
    """Each arm's percentages."""
    shown_metrics = metrics(analysis)
    table = Table("arms", f"Arms: percent, ± {OVER}", ["arm", "runs", *map(_heading, shown_metrics)])
    for arm in analysis.arms:
        cells = [Cell(arm.name), Cell(str(len(analysis.matrix.runs.get(arm.name, {}))))]
        table.rows.append(cells + [_percent(analysis, Output(arm.name, metric)) for metric in shown_metrics])
    return table


def _heading(metric: str) -> str:
    output, _, what = metric.partition(".")
    name = {"own": "fused by its own rule", "average": "fused by average"}.get(output, f"{output} stream")
    return name if what == "top1" else f"{name}, {what} alone"


def _percent(analysis: Analysis, output: Output) -> Cell:
    found = analysis.matrix.nested(output)
    return percent(found.over_pretrainings(), found.pairs) if found else Cell(NONE)


def differences(analysis: Analysis) -> list[Table]:
    """To the reference, by each interval; descriptions, which no verdict rests on."""
    tables = [_differences(analysis, name) for name in (OVER, THESE)]
    return [table for table in tables if any(cell.n for row in table.rows for cell in row)]


def _differences(analysis: Analysis, interval: str) -> Table:
    base, shown_metrics = reference(analysis), metrics(analysis)
    table = Table(
        "differences", f"Differences to {base}, ± {interval}", ["arm", *map(_heading, shown_metrics)]
    )
    for arm in analysis.arms:
        if arm.name != base:
            cells = [_difference(analysis, arm.name, base, metric, interval) for metric in shown_metrics]
            table.rows.append([Cell(arm.name), *cells])
    table.footer = ["a description: not corrected for the number of arms, no verdict"]
    return table


def _difference(analysis: Analysis, arm: str, base: str, metric: str, interval: str) -> Cell:
    found = analysis.matrix.differences(Output(arm, metric), Output(base, metric))
    if found is None:
        return Cell(NONE)
    if interval == OVER:
        return points(found.over_pretrainings(), found.pairs)
    within = found.for_these_streams()
    return points(within, found.runs) if isfinite(within.half) else Cell(NONE)


def components(analysis: Analysis) -> Table:
    """Where the variance comes from, over all arms but the controls, which are made to behave otherwise."""
    columns = ["metric", "SD of pre-trainings", "SD of arm x pre-training", "SD of joint seeds"]
    table = Table(
        "components",
        "Variance components, as standard deviations in points",
        columns,
    )
    left_out = {control.arm for control in analysis.controls}
    names = [arm.name for arm in analysis.arms if arm.name not in left_out]
    for metric in metrics(analysis):
        found = deviations(analysis.matrix, names, metric)
        if found:
            values: Sequence[float | None] = (found.pairs, found.arms, found.seeds)
            table.rows.append([Cell(_heading(metric)), *(number(value) for value in values)])
    table.footer = [
        "over all arms but the controls; paired differences are free of the first; without second joint "
        "seeds the second holds the third"
    ]
    return table
