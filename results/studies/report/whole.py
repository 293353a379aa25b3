"""A study's report as a whole: what it is, how far it is, its tables; as text, page, JSON or rows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from math import isfinite
from statistics import median

from backbones.base.plain_text import counted, in_markdown
from harness.record.schema import Code, Record
from results.studies.analysis import Analysis
from results.studies.report import arms, orders
from results.studies.report.rows import rows
from results.tables.model import Table
from results.tables.render import markdown, rich

SHORT = 12  # digits of the plan's hash
UNFIXED = "it began with no commit of its plan (--here): nothing shows that the plan stood before the runs"
LOST = "no study.json beside its records: nothing shows that the plan stood before the runs"
SHOWN = 5  # videos that could not be read, and orders of a note


@dataclass(frozen=True)
class Report:
    """head: lines on the study as a whole. problems: what a reader must know of its records."""

    title: str
    head: tuple[str, ...]
    tables: tuple[Table, ...]
    problems: tuple[str, ...]


def report(analysis: Analysis) -> Report:
    """All that a report has: head, controls, orders, components, arms and their differences."""
    tables = [orders.controls(analysis), *orders.orders(analysis), arms.components(analysis)]
    tables += [arms.arms(analysis), *arms.differences(analysis)]
    filled = tuple(table for table in tables if table.rows)
    return Report(f"Study {analysis.plan.name}", tuple(_head(analysis)), filled, analysis.problems)


def _head(analysis: Analysis) -> list[str]:
    plan = analysis.plan
    seeds = ", ".join(f"joint seed {seed} in {count} pairs" for seed, count in plan.seeds.items())
    seconds = [record.timings.train_s + record.timings.test_s for record in _records(analysis)]
    return [
        f"plan {plan.name}, SHA-256 {analysis.sha256[:SHORT]}: {len(analysis.arms)} arms on {plan.dataset}, "
        f"preset {plan.preset}, {plan.precision}, {counted(plan.pairs, 'pre-training')}; {seeds}",
        _state(analysis),
        f"{_hours(sum(seconds))} of training and testing in {len(seconds)} joint runs"
        f"{_before(analysis.pretrainings_s)}, by the clock, with all pauses and whatever ran beside them",
        *_code(analysis),
        *[UNFIXED] * (analysis.commit == ""),
        *[LOST] * analysis.lost,
        *_machines(analysis),
        *_unread(analysis),
        *_unfitted(analysis),
        *_widths(analysis),
        *_floors(analysis),
        *["the plan has no controls: 'no difference' is not said"] * (not analysis.controls),
    ]


def _before(seconds: Sequence[float]) -> str:
    made = counted(len(seconds), "pre-training")
    return f", {_hours(sum(seconds))} in {made} before them" if seconds else ""


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.1f} hours" if seconds >= 3600 else f"{seconds / 60:.1f} minutes"


def _code(analysis: Analysis) -> list[str]:
    """Which code made the runs: a plan that is carried out as written has one commit of it."""
    made = dict.fromkeys(_of_code(record.code) for record in _records(analysis))
    return [f"made with {' and '.join(made)}"] if made else []


def _of_code(code: Code) -> str:
    if code.commit is None:
        return "code whose commit is not known"
    changed = ", changed since and not committed" * bool(code.dirty)
    return f"the code at commit {code.commit[:SHORT]}{changed}"


def _machines(analysis: Analysis) -> list[str]:
    found = {
        f"{on['device_name']} ({on['cpu_threads']} threads)"
        for record in _records(analysis)
        if {"device_name", "cpu_threads"} <= (on := record.environment).keys()
    }
    return [f"made on {' and '.join(sorted(found))}"] if found else []


def _unread(analysis: Analysis) -> list[str]:
    """Test videos that could not be read, each with its runs' arm and pair: they count as wrong there."""
    said = [
        f"{name} of pair {study.pair} in {study.arm} ({reason.rpartition(f'{name}: ')[2]})"
        for record in _records(analysis)
        if (study := record.study)
        for name, reason in record.data.failed.get("test", {}).items()
    ]
    more = f" and {len(said) - SHOWN} more" * (len(said) > SHOWN)
    return [f"counted as wrong, since they could not be read: {'; '.join(said[:SHOWN])}{more}"] * bool(said)


def _unfitted(analysis: Analysis) -> list[str]:
    """Which orders are missing, since the plan leaves out what they compare."""
    fitted = analysis.plan.fitted
    if fitted is None or {arm.name for arm in analysis.arms} <= set(fitted):
        return []
    alone, of = (f"for {'; '.join(fitted)} alone", " of other arms") if fitted else ("for no arm", "")
    return [f"fusion rules that learn are fitted {alone} (the plan's 'fitted'): no order{of} asks for one"]


def _records(analysis: Analysis) -> list[Record]:
    return [record for arm in analysis.arms for record in analysis.matrix.records(arm.name)]


def _state(analysis: Analysis) -> str:
    if analysis.plan.part == "validation":
        return f"{analysis.state}; on validation clips: it chooses settings and gives no verdict"
    if analysis.complete:
        return "complete: verdicts are those of the planned number of pre-trainings"
    return f"INTERIM LOOK at {analysis.state}: it gives no verdict"


def _widths(analysis: Analysis) -> list[str]:
    """How precise the orders are: half widths over pre-trainings, and how many are decided."""
    found = [each.over.half for answer in analysis.answers for each in answer.contrasts]
    if not found:
        return []
    decided = sum(answer.level is not None and answer.word != "undecided" for answer in analysis.answers)
    head = f"{decided} of {len(analysis.answers)} distinct orders decided; half widths over pre-trainings: "
    halves = sorted(filter(isfinite, found))
    without = (
        f"{counted(len(found) - len(halves), 'order')} without an interval, which takes two pre-trainings"
    )
    if not halves:
        return [head + without]
    widest = halves[max(0, -(-8 * len(halves) // 10) - 1)]
    said = f"{head}median {median(halves):.2f}, 80 % at most {widest:.2f} points"
    return [said + f"; {without}" * (len(halves) < len(found))]


def _floors(analysis: Analysis) -> list[str]:
    """Where pre-trainings hardly differ, an interval is as wide as what one video more or less may hide."""
    found = [(str(each), each.differences) for answer in analysis.answers for each in answer.contrasts]
    found += [
        (f"{each.arm} − {each.against}", each.differences) for each in analysis.controls if each.differences
    ]
    said = [f"{name} ({each.resolution:.2g} points)" for name, each in found if each.at_floor]
    text = "no interval is narrower than steps of one video allow, which sets that over pre-trainings of "
    more = f" and {len(said) - SHOWN} more" * (len(said) > SHOWN)
    return [text + ", ".join(said[:SHOWN]) + more] * bool(said)


def as_text(analysis: Analysis) -> str:
    """As a terminal shows it."""
    found = report(analysis)
    lines = [found.title, *found.head, *(f"note: {line}" for line in found.problems), ""]
    return "\n".join([*lines, *(rich(table, False) for table in found.tables)])


def as_markdown(analysis: Analysis) -> str:
    """The report as Markdown."""
    found = report(analysis)
    lines = [
        f"# {found.title}",
        "",
        *(f"- {in_markdown(line)}" for line in (*found.head, *found.problems)),
        "",
    ]
    return "\n".join([*lines, *(markdown(table, False) for table in found.tables)])


def as_page(analysis: Analysis) -> str:
    """The report as a page of HTML, its style inside."""
    from jinja2 import Environment

    text = resources.files("results").joinpath("studies/report/study.html.j2").read_text(encoding="utf-8")
    style = resources.files("results.report").joinpath("static/report.css").read_text(encoding="utf-8")
    return Environment(autoescape=True).from_string(text).render(report=report(analysis), style=style)


def as_json(analysis: Analysis) -> str:
    """The report as JSON."""
    found = report(analysis)
    tree = {
        "study": analysis.plan.name,
        "plan_sha256": analysis.sha256,
        "plan": analysis.plan.model_dump(mode="json"),
        "complete": analysis.complete,
        "verdicts": analysis.complete and analysis.plan.part == "test",
        "missing": [list(each) for each in analysis.missing],
        "problems": list(found.problems),
        "head": list(found.head),
        "rows": rows(analysis),
    }
    return json.dumps(tree, indent=1, ensure_ascii=False) + "\n"


def as_rows(analysis: Analysis) -> str:
    """The contrasts as CSV, a row each."""
    stream = io.StringIO()
    found = rows(analysis)
    writer = csv.DictWriter(stream, list(found[0]) if found else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return stream.getvalue()


FORMATS: dict[str, Callable[[Analysis], str]] = {
    "text": as_text,
    "markdown": as_markdown,
    "html": as_page,
    "json": as_json,
    "csv": as_rows,
}
