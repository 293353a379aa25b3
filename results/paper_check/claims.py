"""What is wrong with a paper's claims: rows, arithmetic, settings and names that do not exist. No torch."""

from __future__ import annotations

from collections.abc import Iterator

from backbones.base.errors import UsageError, UserError, suggestion
from backbones.base.streams import STREAMS
from backbones.building import find
from harness.config.resolve import resolve
from harness.config.schema import Config
from harness.data.registry import DATASETS
from harness.papers.folder import CITED, CLAIMS, Paper
from harness.papers.strict import read_csv
from methods.catalogue import METHODS
from methods.fusion.catalogue import FUSIONS
from results.checked import check
from results.claims.arithmetic import cycle
from results.claims.claims import COLUMNS, COST_METRICS, OPTIONAL, Claim, claim_of, of_paper, place
from results.claims.side import Side
from results.outputs.stored import SAME, STORED
from results.verdict import DOES_NOT_ADD_UP


def problems_of_claims(paper: Paper) -> list[str]:
    """First rows that cannot be read, all of them; what the others say only where there are none."""
    found = [line for file in (CLAIMS, CITED) if paper.has(file) for line in _rows(paper, file)]
    if found:
        return found
    try:
        claims = of_paper(paper.name)
    except UserError as error:
        return [str(error)]
    return [f"{place(claim)}:{claim.row}: {said}" for claim in claims for said in _of_claim(paper, claim)]


def _rows(paper: Paper, file: str) -> Iterator[str]:
    try:
        rows = read_csv(paper.path(file), COLUMNS, OPTIONAL)
    except UsageError as error:
        yield str(error)
        return
    for row, cells in rows:
        try:
            claim_of(paper, file, row, cells)
        except UsageError as error:
            yield str(error)


def _of_claim(paper: Paper, claim: Claim) -> Iterator[str]:
    name = claim.id.rpartition("/")[2]
    if claim.dataset and claim.dataset not in paper.sheet.datasets and not DATASETS.find(claim.dataset):
        known = [*DATASETS.names(), *paper.sheet.datasets]
        hint = suggestion(claim.dataset, known) or ";"
        declared = "paper.yaml: datasets declares one that no run can be on"
        yield f"claim '{name}': no data set '{claim.dataset}'{hint} {declared}"
    if path := cycle(claim):
        yield f"claim '{name}': its derivation goes in a circle: {' -> '.join(path)}"
    elif claim.derivation:
        yield from _sum(claim)
    for side in filter(None, (claim.left, claim.right)):
        for said in side_problems(side):
            yield f"claim '{name}': {said}"


def _sum(claim: Claim) -> Iterator[str]:
    try:
        found = check(claim)
    except UsageError as error:
        yield str(error).partition(": ")[2]
        return
    if found and found.verdict == DOES_NOT_ADD_UP:
        yield f"claim '{claim.id.rpartition('/')[2]}': {found.why}"


def side_problems(side: Side) -> Iterator[str]:
    """A method, a setting, an output or a network that there is not."""
    if side.kind == "network":
        for network in side.networks():
            yield from _try_network(network.name)
    for member in side.members:
        found = list(side_problems(member))
        yield from found or _not_stored(member)
    if side.kind != "run":
        return
    if METHODS.find(side.name) is None:
        known = METHODS.discover().names()
        yield f"no method '{side.name}'{suggestion(side.name, known) or ';'} 'harness list methods' shows all"
        return
    try:
        configured(side)
    except UserError as error:
        yield str(error)
    yield from _output(side)


def _not_stored(member: Side) -> Iterator[str]:
    """Where a member's output cannot be had from what a run stores."""
    rule = METHODS.get(member.name).fusion if member.output == "own" else member.output
    if SAME.get(rule, rule) not in STORED:
        yield f"'{member.output}' of {member.name} is not stored; an ensemble takes {', '.join(STORED)}"


def _try_network(name: str) -> Iterator[str]:
    try:
        find(name)
    except UserError as error:
        yield str(error)


def _output(side: Side) -> Iterator[str]:
    """Of "average.top1": a stream, a rule, the method's own rule, or dominance."""
    known = [*STREAMS, "own", "dominance"]
    if side.metric not in COST_METRICS and side.output not in known and not FUSIONS.find(side.output):
        every = [*known, *FUSIONS.discover().names()]
        hint = suggestion(side.output, every) or ";"
        yield f"no stream or fusion rule '{side.output}'{hint} in '{side.metric}'"


def configured(side: Side) -> Config:
    """The run that a side is about, under the paper's preset; a `UserError` where there is none."""
    pairs = [f"{key}={value}" for key, value in side.pairs if value != "*"]
    return resolve(side.preset, {"method": {"name": side.name}}, pairs)
