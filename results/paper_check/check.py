"""All problems of a paper's folder, one line each with file and row, and what no run can judge. No torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from backbones.base.errors import UserError
from backbones.base.plain_text import counted
from harness.papers.folder import CITED, NETWORKS, PRESETS, Paper
from harness.papers.registry import PAPERS
from results.claims import deviations, networks
from results.claims.ambiguities import of_paper as questions_of
from results.claims.claims import Claim, of_paper
from results.claims.unrunnable import never_run
from results.figures.kinds.written import figures_of
from results.paper_check.claims import network_problems, problems_of_claims
from results.paper_check.planned import planned_notes, study_problems
from results.paper_check.presets import (
    deviation_problems,
    preset_problems,
    question_problems,
    unresolved_presets,
)
from results.paper_check.sheet import sheet_problems, teachers_problems
from results.paper_check.tables import figure_problems, shown_claims, table_problems
from results.tables.written.maker import problems_of_rows


@dataclass(frozen=True)
class Checked:
    """problems: what is to be mended. notes: what is counted, and is no error."""

    problems: list[str]
    notes: list[str]


def checked(text: str | Path) -> Checked:
    """Of a paper's folder, or of a paper that is known, by its name; where it cannot be read at all, that is
    its one problem."""
    try:
        paper = PAPERS.named(str(text))
    except UserError as error:
        return Checked([str(error)], [])
    if problems := unresolved_presets(paper):
        return Checked(problems, [])  # all that rests on such a preset would say the same
    problems = problems_of_claims(paper)
    readable = not problems  # settings of rows are looked at where the claims are sound
    problems += preset_problems(paper)
    parts: list[Callable[[Paper], Iterable[str]]] = [sheet_problems, _networks, _deviations, _questions]
    settings = [table_problems, teachers_problems, figure_problems]
    parts += [study_problems, *(settings if readable else [problems_of_rows])]
    for part in parts:
        problems += gathered(part, paper)
    notes = [] if problems else list(_notes(paper))
    return Checked(list(dict.fromkeys(problems)), notes)


def gathered(part: Callable[[Paper], Iterable[str]], paper: Paper) -> list[str]:
    """What the part finds; a file that it cannot read ends it with one line."""
    found: list[str] = []
    try:
        found.extend(part(paper))
    except UserError as error:
        found.append(str(error))
    return found


def _networks(paper: Paper) -> Iterator[str]:
    for row, each in networks.numbered(paper).items():
        for said in network_problems(each.backbone):
            yield f"{paper.path(NETWORKS)}:{row}: {said}"


def _deviations(paper: Paper) -> Iterable[str]:
    return deviation_problems(paper, deviations.of_paper(paper.name))


def _questions(paper: Paper) -> Iterable[str]:
    return question_problems(paper, questions_of(paper.name))


def _notes(paper: Paper) -> Iterator[str]:
    claims = of_paper(paper.name)
    for kind in ("reported", "derived", "quoted"):
        if count := sum(claim.provenance == kind and not claim.of_others for claim in claims):
            yield f"{counted(count, 'claim')} {kind}"
    if cited := sum(claim.of_others for claim in claims):
        yield f"{counted(cited, 'number')} of other methods, in {CITED}"
    yield from _counted(("claim", "can never be judged by a run"), [c for c in claims if never_run(c)])
    unsourced = [c for c in claims if c.provenance != "derived" and not c.source and not c.of_others]
    yield from _counted(("number", "without a source, and the paper has none"), unsourced)
    shown = shown_claims(paper)
    hidden = [c for c in claims if c.value and not c.derivation and not c.of_others and c.id not in shown]
    yield from _counted(("number", "in no table"), hidden)
    files = len(list(paper.folder.glob(PRESETS))), len(figures_of(paper.name))
    yield f"{counted(files[0], 'preset file')}, {counted(files[1], 'figure')}"
    yield from planned_notes(paper)


def _counted(what: tuple[str, str], claims: list[Claim]) -> Iterator[str]:
    if claims:
        names = ", ".join(claim.id.rpartition("/")[2] for claim in claims[:8])
        yield f"{counted(len(claims), what[0])} {what[1]}: {names}{' …' * (len(claims) > 8)}"
