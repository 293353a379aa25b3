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
from harness.papers.registry import PAPERS
from harness.papers.strict import read_csv
from methods.catalogue import METHODS
from methods.fusion.catalogue import FUSIONS
from results.checked import check
from results.claims.chains import chain_problems
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
    chains, circles = chain_problems(claims)
    return [
        f"{place(claim)}:{claim.row}: {said}"
        for claim in claims
        for said in _of_claim(paper, claim, chains.get(claim.id), claim.id in circles)
    ]


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


def _of_claim(paper: Paper, claim: Claim, chain: str | None, in_circle: bool) -> Iterator[str]:
    name = claim.id.rpartition("/")[2]
    if claim.dataset and claim.dataset not in paper.sheet.datasets and not DATASETS.find(claim.dataset):
        known = [*DATASETS.names(), *paper.sheet.datasets]
        hint = suggestion(claim.dataset, known) or ";"
        declared = "paper.yaml: datasets declares one that no run can be on"
        yield f"claim '{name}': no data set '{claim.dataset}'{hint} {declared}"
    if chain:
        yield f"claim '{name}': {chain}"
    elif claim.derivation and not in_circle:
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
    if said := _unresolved(side.preset, side.name, side.settings()):
        yield said
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


@PAPERS.remembered
def _unresolved(preset: str, method: str, settings: tuple[str, ...]) -> str:
    """Why such a run cannot be; "" where it can. Many claims are about one run."""
    try:
        _resolved(preset, method, settings)
    except UserError as error:
        return str(error)
    return ""


def configured(side: Side) -> Config:
    """The run that a side is about, under the paper's preset; a `UserError` where there is none."""
    return _resolved(side.preset, side.name, side.settings())


def _resolved(preset: str, method: str, settings: tuple[str, ...]) -> Config:
    pairs = [each for each in settings if not each.endswith("=*")]
    return resolve(preset, {"method": {"name": method}}, pairs)
