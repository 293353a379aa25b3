"""Every order that runs have measured: its difference with its interval, against the margin that matters."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from backbones.base.errors import UserError
from backbones.base.plain_text import counted
from backbones.base.streams import STREAMS
from results.claims.claims import Claim, claims
from results.claims.side import Side
from results.figures.model import Sheet, Source
from results.figures.parts.marks import Look, numbered, with_intervals
from results.figures.parts.runs import command
from results.figures.parts.style import BLACK, BLUE, GREY, ORANGE, SHADE, canvas
from results.judge import Evidence, judge
from results.studies.analysis import Analysis
from results.studies.questions import SIGNS
from results.study_files import studies
from results.verdict import (
    DOES_NOT_HOLD,
    HOLDS,
    HOLDS_SMALL,
    NO_DIFFERENCE,
    NO_STUDY,
    UNDECIDED,
    Verdict,
)

NAME, TITLE = "orders", "Orders that runs have measured"
LOOKS: dict[str, Look] = {
    HOLDS: {"color": BLUE, "marker": "o"},
    HOLDS_SMALL: {"color": BLUE, "marker": "P"},
    NO_DIFFERENCE: {"color": BLACK, "marker": "s"},
    DOES_NOT_HOLD: {"color": ORANGE, "marker": "X"},
    UNDECIDED: {"color": GREY, "marker": "D"},
    NO_STUDY: {"color": GREY, "marker": "o", "markerfacecolor": "white"},
}
LETTERS = 58  # of a line that names an order


def data(source: Source) -> Sheet:
    """Every order of the papers' claims that was measured, with its interval; a `UserError` without any."""
    loaded, found = source.loaded, claims()
    made, left_out = studies(source.folders, loaded.records, source.methods, paths=loaded.paths)
    evidence = Evidence(loaded.records, source.methods, studies=made, paths=loaded.paths)
    judged = judge(found, evidence)
    sheet = of_judged(found, judged, made)
    if not sheet.data["orders"]:
        raise UserError(f"figure '{NAME}': no order has been measured; '{command(source)}' makes a first run")
    sheet.notes += [f"left out: {line}" for line in left_out]
    return sheet


def of_judged(found: Iterable[Claim], judged: Mapping[str, Verdict], made: Sequence[Analysis]) -> Sheet:
    """Claims that rest on the same evidence are one order. made: studies, which have the margins."""
    rows: dict[str, dict[str, Any]] = {}
    for claim in found:
        verdict = judged[claim.id]
        if claim.relation not in SIGNS or verdict.measured is None or verdict.verdict not in LOOKS:
            continue
        row = rows.setdefault(verdict.evidence or claim.id, _row(claim, verdict, _margin(claim, made)))
        row["claims"] += [claim.id]
    found_rows = list(rows.values())
    notes = [
        "percentage points of top-1, or of what is named. A point right of 0 agrees with the paper; where ≈ "
        "is claimed, it is the left side less the right one. Lines: 95 % intervals over pre-trainings, none "
        "of a single one. Verdicts are corrected for the number of orders, these intervals are not",
        *["shaded: differences below the study's margin, too small to matter"]
        * any(row["margin"] for row in found_rows),
        *_measured_on(found_rows),
        *_under_way(found_rows, made),
    ]
    return Sheet(NAME, TITLE, {"orders": found_rows}, notes)


def _row(claim: Claim, verdict: Verdict, margin: float | None) -> dict[str, Any]:
    assert verdict.measured is not None
    sign, half = SIGNS[claim.relation] or 1, verdict.half
    value = sign * verdict.measured
    return {
        "claims": [],
        "paper": claim.paper,
        "statement": claim.statement(),
        "words": in_words(claim),
        "verdict": verdict.verdict,
        "value": value,
        "low": None if half is None else value - half,
        "high": None if half is None else value + half,
        "n": verdict.n,
        "margin": margin,
        "study": verdict.study,
        "dataset": verdict.dataset,
    }


def _margin(claim: Claim, made: Sequence[Analysis]) -> float | None:
    """Of the study that answers the claim."""
    answers = ((study, study.answer(claim.id)) for study in made)
    return next((answer.question.margin(study.plan) for study, answer in answers if answer), None)


def _measured_on(rows: Sequence[dict[str, Any]]) -> list[str]:
    places: dict[str, list[int]] = {}
    for row in rows:
        place = f"study {row['study']} on" if row["study"] else "of no study, on"
        places.setdefault(f"{place} {row['dataset']}", []).append(row["n"])
    return [
        f"{place}: {counted(len(ns), 'order')}, {_span(ns)} pre-trainings" for place, ns in places.items()
    ]


def _under_way(rows: Sequence[dict[str, Any]], made: Sequence[Analysis]) -> list[str]:
    shown = {row["study"] for row in rows}
    return [
        f"INTERIM LOOK at study {study.plan.name}, {study.state}: it gives no verdict"
        for study in made
        if study.plan.name in shown and not study.complete
    ]


def _span(counts: Sequence[int]) -> str:
    return f"{min(counts)} to {max(counts)}" if min(counts) < max(counts) else f"{counts[0]}"


def draw(made: Sheet) -> Any:
    rows = made.data["orders"]
    labels = ["\n".join(textwrap.wrap(_label(row), LETTERS)) for row in rows]
    lines = sum(label.count("\n") + 1 for label in labels)
    figure = canvas(made, 10.5, max(2.0, 1.0 + 0.13 * lines + 0.1 * len(rows)))
    axes = figure.subplots()
    for at, row in enumerate(rows):
        if row["margin"]:
            axes.barh(at, 2 * row["margin"], left=-row["margin"], height=1, color=SHADE, zorder=0)
    axes.axvline(0, color=BLACK, linewidth=0.8)
    for verdict, look in LOOKS.items():
        places = [at for at, row in enumerate(rows) if row["verdict"] == verdict]
        if places:
            drawn = with_intervals(axes, places, [rows[at] for at in places], lying=True,
                                   label=f"{verdict} ({len(places)})", **look)  # fmt: skip
            drawn[0].set_gid(f"orders-{verdict}")
    numbered(axes, list(enumerate(rows)), lying=True)
    axes.margins(x=0.08)  # for n at the edge
    axes.set_yticks(range(len(rows)), labels, fontsize=7)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlabel("difference in the claimed direction, percentage points")
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, borderaxespad=0.2)
    return figure


def _label(row: dict[str, Any]) -> str:
    more = len(row["claims"]) - 1
    others = f" and {counted(more, 'other')}" if more else ""
    return f"{row['claims'][0]}{others}: {row['words']}"


def in_words(claim: Claim) -> str:
    """`mbd without final, average fusion > two_stream, average fusion`."""
    right = claim.right
    if right is None or not right.is_run or claim.left.members or right.members:
        return claim.statement()
    left, other, what = claim.left, right, ", top-5" * claim.metric.endswith("top5")
    sign = {"~": "≈"}.get(claim.relation, claim.relation)
    return f"{_side(left)} {sign} {_side(other)}{what}"


def _side(side: Side) -> str:
    """The method, the settings in which it is not as by default, and the output."""
    said = [side.name]
    for key, value in side.pairs:
        name = key.removeprefix("method.").replace("_", " ")
        said.append({"false": f"without {name}", "true": f"with {name}"}.get(value, f"with {name} {value}"))
    output = f"{side.output} stream alone" if side.output in STREAMS else f"{side.output} fusion"
    return f"{' '.join(said)}, {output}"
