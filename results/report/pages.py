"""What each page of the report shows, as plain types for its template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import yaml

from backbones.base.streams import STREAMS
from harness.config.difference import flatten
from harness.papers.folder import Paper
from harness.papers.registry import PAPERS
from harness.record.schema import Record, Share
from results.claims.ambiguities import ambiguities
from results.claims.claims import claims
from results.figures import orders
from results.figures.model import Source, column
from results.figures.parts.tabled import table_of
from results.judge import Evidence, judge
from results.records import scores, streams
from results.report.own_runs import settings_of
from results.reproduce import command
from results.studies.analysis import Analysis, cells
from results.studies.report.whole import report
from results.study_files import studies
from results.tables.catalogue import all_names
from results.tables.model import Table
from results.tables.named import named
from results.verdict import AXES, BAD, DECIDED, GOOD, MEASURED, VERDICTS, counts, decided_elsewhere, elsewhere

SAYS = {
    "reproduced": "the interval over pre-trainings lies within the margin of the paper's number",
    "consistent with one run": "the paper's number, itself one run, lies where one further run here would",
    "contradicted": "one further run here would be further from the paper's number than the margin",
    "holds": "the claimed order is there, by a complete study",
    "holds, by less than the margin": "the claimed order is there, and smaller than what matters",
    "no difference": "both are equal within the margin, and the study found its controls",
    "does not hold": "the opposite order is there",
    "undecided": "measured as planned, and none of these can be said",
    "not decided: no study": "there are runs, of no complete study: they give orders no verdict",
    "not comparable": "run, but on other data or under another protocol",
    "not run": "there is no record to judge; the command makes one",
    "cost agrees": "the counted cost is as claimed",
    "cost differs": "the counted cost is not as claimed",
    "adds up": "the paper's own numbers give the stated one",
    "does not add up": "the paper's own numbers give another one",
    "quoted correctly": "the quoted number is that of its source",
    "misquoted": "the source says another number",
    "not checked": "there is nothing to check it against",
    "no verdict": "derived from reported numbers, or quoted in a third place",
}


def verdicts(source: Source, margin: float) -> dict[str, Any]:
    """Every claim with its verdict, measured ones first, and how many of each there are by axis and paper."""
    found, loaded = claims(), source.loaded
    made, left_out = studies(source.folders, loaded.records, source.methods, paths=loaded.paths)
    judged = judge(found, Evidence(loaded.records, source.methods, margin, made, paths=loaded.paths))
    run_of = {paper: any(judged[c.id].runs for c in found if c.paper == paper) for paper in PAPERS.names()}
    rows = [
        {
            "claim": claim,
            "statement": claim.statement(),
            "verdict": judged[claim.id],
            "elsewhere": elsewhere(judged[claim.id], claim.dataset),
        }
        for axis in AXES
        for claim in found
        if judged[claim.id].axis == axis
    ]
    by_paper = {p: counts((c, judged[c.id]) for c in found if c.paper == p) for p in PAPERS.names()}
    return {
        "rows": rows,
        "counts": by_paper,
        "said": {
            axis: [w for w in words if any(c[axis][w] for c in by_paper.values())]
            for axis, words in AXES.items()
        },
        "lead": [
            _lead(
                paper,
                by_paper[paper.name][MEASURED],
                decided_elsewhere((c, judged[c.id]) for c in found if c.paper == paper.name),
            )
            for paper in PAPERS
            if run_of[paper.name]
        ],
        "not_run": [
            paper.name for paper in PAPERS if not run_of[paper.name] and by_paper[paper.name][MEASURED]
        ],
        "studies": made,
        "left_out": left_out,
        "orders": orders.of_judged(found, judged, made),
        "axes": AXES,
        "verdicts": VERDICTS,
        "decided": DECIDED,
        "tones": {word: "good" if word in GOOD else "bad" if word in BAD else "open" for word in VERDICTS},
        "says": SAYS,
        "papers": {paper.name: paper.sheet.cite for paper in PAPERS},
        "margin": margin,
    }


def _lead(paper: Paper, measured: Counter[str], there: list[tuple[str, int]]) -> dict[str, Any]:
    """How many of a paper's claims that runs can decide are decided, and how; claims on one evidence once."""
    words = [(word, measured[word]) for word in DECIDED if measured[word]]
    return {
        "paper": paper.name,
        "cite": paper.sheet.cite,
        "of": sum(measured.values()),
        "decided": sum(count for _, count in words),
        "words": words,
        "elsewhere": there,
        "open": [(word, measured[word]) for word in AXES[MEASURED] if measured[word] and word not in DECIDED],
    }


def study_pages(made: Sequence[Analysis]) -> list[dict[str, Any]]:
    """Each study's plan, progress and tables; ids of tables are unique over all studies."""
    found = []
    for analysis in made:
        shown = report(analysis)
        name = analysis.plan.name
        tables = [replace(t, name=f"{name}-{n}-{t.name}") for n, t in enumerate(shown.tables)]
        total = len(cells(analysis.plan)) * len(analysis.arms)
        text = analysis.plan.model_dump(mode="json", exclude_defaults=True)
        plan = yaml.safe_dump(text, sort_keys=False, allow_unicode=True)
        progress = {"done": total - len(analysis.missing), "total": total}
        page = {"name": name, "report": shown, "tables": tables, "plan": plan, "sha256": analysis.sha256}
        found.append(page | progress)
    return found


def tables(source: Source) -> list[Table]:
    """Every table, each once."""
    choice = source.methods, source.dataset, source.seeds, source.protocol
    return [named(name, source.loaded, *choice) for name in all_names()]


def open_questions(source: Source) -> dict[str, Any]:
    """What the papers leave open, and the table of what its interpretations change."""
    _, table = table_of("ambiguities", source)
    gap = column(table, "Δ")
    measured = sum(1 for cells in table.rows if gap is not None and cells[gap].value is not None)
    return {"questions": ambiguities(), "table": table, "measured": measured}


def run_rows(records: Sequence[Record]) -> list[dict[str, Any]]:
    """A line per run."""
    return [
        {
            "id": record.id,
            "method": record.config["method"]["name"],
            "settings": settings,
            "streams": streams(record),
            "data": f"{record.data.dataset} {record.data.split}",
            "seed": record.config["seed"],
            "local": _percent(record, "local"),
            "global": _percent(record, "global"),
            "fused": _percent(record, "own"),
            "finished": record.finished[:10],
        }
        for record, settings in zip(records, settings_of(records), strict=True)
    ]


def _percent(record: Record, output: str) -> str:
    found = scores(record, output)
    return f"{found.top1.percent:.1f}" if found else "—"


def run_page(record: Record) -> dict[str, Any]:
    """All that a record says, in parts."""
    alone = {f"{name} stream": scores(record, name) for name in STREAMS}
    outputs = {name: found for name, found in alone.items() if found}
    fused = {f"fusion: {name}": found for name, found in record.metrics.fusion.items()}
    own = scores(record, "own")
    return {
        "record": record,
        "command": command(record),
        "config": flatten(record.config),
        "outputs": outputs | fused,
        "own": f"fusion: {record.fusion}",
        "classes": [_class(record, name, own) for name in record.metrics.local.per_class],
        "failed": [
            (part, name, why) for part, each in record.data.failed.items() for name, why in each.items()
        ],
        "dominance": record.metrics.dominance,
    }


def _class(record: Record, name: str, own: Any) -> dict[str, Any]:
    return {
        "name": name,
        "local": record.metrics.local.per_class[name],
        "global": record.metrics.glob.per_class.get(name),
        "fused": own.per_class.get(name) if own else None,
    }


def share(found: Share | None) -> str:
    """`61.5 [42.5, 77.6]`, or a dash."""
    return f"{found.percent:.1f} [{found.low:.1f}, {found.high:.1f}]" if found and found.of else "—"
