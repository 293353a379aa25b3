"""What docs/results.md says of a study: from its plan and its records under results/measured/studies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from math import sqrt
from pathlib import Path
from statistics import median

from harness.campaign.study.plan import read_plan
from harness.console.signed import signed
from harness.data.sets.localglobal.plan import Settings
from methods.catalogue import METHODS
from results.records import share, streams
from results.statistics.nested import Nested
from results.statistics.orders import UNDECIDED, WORDS
from results.studies.analysis import NOT_MEASURED, Analysis, analyse
from results.studies.measure import HEADLINE, Matrix, Output
from results.studies.report import arms as arm_tables
from results.studies.report import orders as order_tables
from results.studies.report.cells import OVER, THESE, percent
from results.studies.report.cells import share as shown_share
from results.studies.report.whole import report
from results.study_files import PILOT, pilot_runs, pretraining_seconds, usable
from results.tables.model import Cell, Table
from results.tables.parts import footer
from results.tables.render import markdown

STUDIES = Path(__file__).parents[2] / "results" / "measured" / "studies"
OF_ORDERS = ("order", "claims", "verdict", f"difference, ± {OVER}", f"± {THESE}", "one run shows it")
FAMILIES = ("local", "global", "shared", "conflict")


@cache
def study(name: str) -> Analysis | None:
    """Of the folder of that name, by the plan in it; None where it was not begun."""
    path = next(iter((STUDIES / name).glob("*.yaml")), None)
    if path is None:
        return None
    pilot, folders = STUDIES / (name + PILOT), [STUDIES / name]
    matrix = None
    if pilot.exists():
        other = read_plan(pilot / f"{pilot.name}.yaml")
        matrix = pilot_runs(other, usable(other[0], [pilot]))
    plan, sha256 = read_plan(path)
    made = analyse(plan, sha256, usable(plan, folders), METHODS.discover().names(), matrix)
    return replace(made, pretrainings_s=pretraining_seconds(plan, sha256, STUDIES / name))


def readable(name: str) -> Analysis | None:
    """A study that may be read: whole, or on validation clips, where looking costs nothing."""
    found = study(name)
    return found if found and (found.complete or found.plan.part == "validation") else None


def state(name: str) -> str:
    """Where it stands, as a paragraph; a test study that is not whole shows nothing of its results."""
    found = study(name)
    if found is None:
        return "Planned, not begun."
    if not readable(name):
        return f"Under way: {found.state} are there. It is read when it is whole."
    return "\n".join(f"- {line}" for line in (*report(found).head, *found.problems))


def findings(name: str) -> str:
    """The orders by the word that the study found for each, a line for each word."""
    found = to_read(name)
    lines = []
    for word in (*WORDS, NOT_MEASURED):
        said = [answer.question.statement for answer in found.answers if answer.word == word]
        if said:
            orders = "; ".join(f"`{each}`" for each in said)
            lines.append(f"- **{word}**, {len(said)} of {len(found.answers)}: {orders}")
    return "\n".join(lines)


def gap(name: str, claim: str) -> str:
    """What the study measured of a claim's order: `−3.91 ± 1.52`, over pre-trainings."""
    answer = to_read(name).answer(claim)
    if answer is None:
        raise SystemExit(f"study {name} has no answer to {claim}")
    over = answer.contrasts[0].over
    return f"{signed(over.centre)} ± {over.half:.2f}"


def against_first(name: str, arm: str, metric: str = HEADLINE) -> str:
    """What an arm is above the study's first one, each fused by its own rule where `metric` names no other:
    `+1.50 ± 0.81`."""
    found = to_read(name)
    differences = found.matrix.differences(Output(arm, metric), Output(found.arms[0].name, metric))
    if differences is None:
        raise SystemExit(f"study {name} has no runs of {arm} beside {found.arms[0].name}")
    over = differences.over_pretrainings()
    return f"{signed(over.centre)} ± {over.half:.2f}"


def headline_videos(name: str) -> int:
    """Test videos behind the headline number of one run."""
    found = to_read(name)
    (videos,) = {
        each.of
        for arm in found.arms
        for record in found.matrix.records(arm.name)
        if (each := share(record, HEADLINE))
    }
    return videos


def networks(name: str) -> str:
    """The two streams of its runs."""
    found = to_read(name)
    (label,) = {streams(record) for arm in found.arms for record in found.matrix.records(arm.name)}
    return label


def narrowest(name: str, metric: str) -> str:
    """Half the width of an interval over the study's pre-trainings where all differences are equal."""
    found = to_read(name)
    step = found.matrix.resolution(Output(found.arms[0].name, metric))
    return f"{Nested.of([[0.0]] * found.plan.pairs, step).over_pretrainings().half:.2f}"


def top_k(name: str) -> str:
    """What "top5" of its runs is, where it is another top-k."""
    found = to_read(name)
    return footer.top_k(record for arm in found.arms for record in found.matrix.records(arm.name))


def gain_clips(name: str) -> str:
    """The training clips of the control that must gain: `800 clips, 50 of each class, instead of 400`."""
    found, usual = to_read(name), Settings().train_per_class
    (more,) = {n for arm in found.arms if (n := arm.settings().get("data.train_per_class"))}
    classes = len(found.matrix.records(found.arms[0].name)[0].data.classes)
    return f"{classes * more} clips, {more} of each class, instead of {classes * usual}"


def power(name: str) -> str:
    """What the plan could find, by the spread of its pilot."""
    powers = [each.power for answer in to_read(name).answers for each in answer.contrasts if each.power]
    if not powers:
        return "There was no pilot, so that no power is known."
    order, equal = (_range([getattr(each, kind) for each in powers]) for kind in ("order", "equal"))
    return (
        f"*Power.* By its pilot's spread the plan gave {len(powers)} of these orders a chance of {order} to "
        f"find a true difference of the margin, and of {equal} to find that there is none; of the others the "
        "pilot had no runs."
    )


def _range(values: Sequence[float]) -> str:
    lowest, middle, highest = (shown_share(each) for each in (min(values), median(values), max(values)))
    return f"{lowest} to {highest} (median {middle})"


def families(name: str) -> str:
    """Each stream's percentages by family of classes, those of its own arm; over pre-trainings."""
    found, parts = to_read(name), []
    for stream in ("local", "global"):
        seen = [family for family in FAMILIES if family in (stream, "shared", "conflict")]
        of = {
            each.of
            for record in found.matrix.records(found.arms[0].name)
            for family in seen
            if (each := share(record, f"{stream}.{family}"))
        }
        headings = ["arm", *seen]
        title = f"The {stream} stream: percent of {' or '.join(map(str, sorted(of)))} test videos, ± {OVER}"
        table = Table("families", title, headings)
        for arm in found.arms:
            cells = [found.matrix.nested(Output(arm.name, f"{stream}.{family}")) for family in seen]
            shown = [percent(each.over_pretrainings(), each.pairs) if each else Cell("") for each in cells]
            table.rows.append([Cell(arm.name), *shown])
        table.footer = ["inside a family chance is 25 %; the family that the stream cannot see is left out"]
        parts.append(table)
    return _shown(parts)


def controls(name: str) -> str:
    return _shown([order_tables.controls(to_read(name))])


def orders(name: str) -> str:
    """A table of orders for each table of the paper, with what verdicts rest on."""
    return _shown([_columns(table, OF_ORDERS) for table in order_tables.orders(to_read(name))])


def arms(name: str, splits: str = "") -> str:
    """splits: as of `differences`."""
    return _shown([arm_tables.arms(_on(splits, to_read(name)))])


def _on(splits: str, found: Analysis) -> Analysis:
    kept = {
        arm: {cell: runs for cell, runs in cells.items() if runs[0].data.split.startswith(splits)}
        for arm, cells in found.matrix.runs.items()
    }
    return replace(found, matrix=Matrix(kept))


def differences(name: str, splits: str = "") -> str:
    """splits: only runs on splits whose names begin so."""
    return _shown(arm_tables.differences(_on(splits, to_read(name)))[:1])


def precision(name: str) -> str:
    """What precision was aimed at, what was reached, and the spread that stands between them."""
    found = [each for answer in to_read(name).answers for each in answer.contrasts]
    halves = sorted(each.over.half for each in found)
    spreads = [(a, b) for a, b in (each.deviations() for each in found) if a is not None and b is not None]
    between, within = zip(*spreads, strict=True)
    most = halves[-(-len(halves) * 8 // 10) - 1]
    decided = sum(answer.word in WORDS and answer.word != UNDECIDED for answer in to_read(name).answers)
    return (
        f"*Precision.* Aimed at were 80 % of the orders decided; reached were {decided} of "
        f"{len(to_read(name).answers)}. Aimed at were half widths over pre-trainings of at most 0.6 points "
        "in half of the orders and of at most 1.0 in 80 % of them; reached were "
        f"{median(halves):.2f} and {most:.2f}. The "
        "reason is the spread of differences: between pre-trainings the standard deviation is "
        f"{median(between):.2f} points in the median order and up to {max(between):.2f}, between joint seeds "
        f"of one pre-training (of which only a few pairs have two) {median(within):.2f} and up to "
        f"{max(within):.2f}. In {sum(a < b for a, b in spreads)} of {len(spreads)} orders joint seeds "
        "spread more, so that a second one in every pair would help; in others only more pre-trainings do."
    )


def components(name: str) -> str:
    return _shown([arm_tables.components(to_read(name))])


def spread(*names: str) -> str:
    """How far the difference that MBD makes spreads, in studies that have both arms."""
    said = []
    for name in names:
        found = to_read(name).matrix.differences(Output("mbd", HEADLINE), Output("two_stream", HEADLINE))
        assert found is not None, f"study {name} has no paired difference"
        deviation = sqrt(found.variance_of_means() or 0)
        said.append(f"{deviation:.2f} points over {found.pairs} replicates in the study `{name}`")
    return f"What MBD changes has a standard deviation of {', of '.join(said)}."


def to_read(name: str) -> Analysis:
    """The study; it ends the script where its results may not be looked at yet."""
    found = readable(name)
    if found is None:
        raise SystemExit(f"study {name} cannot be read yet: the page must not ask for its tables")
    return found


def _columns(table: Table, names: Sequence[str]) -> Table:
    """Those of them that the table has: a study without second seeds has no interval for given streams."""
    places = [table.columns.index(name) for name in names if name in table.columns]
    heads = [table.columns[place] for place in places]
    keys = sum(place < table.keys for place in places)
    chosen = Table(table.name, table.title, heads, footer=table.footer[:1], keys=keys)  # the rest is on p
    chosen.rows = [[row[place] for place in places] for row in table.rows]
    return chosen


def _shown(tables: Sequence[Table]) -> str:
    return "\n".join(markdown(table, False) for table in tables).strip()


# What the page may ask for.
SHOWN = (
    *(readable, findings, gap, headline_videos, controls, orders, arms, differences, precision),
    *(top_k, gain_clips, components, spread, networks, narrowest, power, families),
    against_first,
)
