"""What is wrong with a paper's claims: rows, arithmetic, settings and names that do not exist. No torch."""

from __future__ import annotations

import re
from collections.abc import Iterator

from backbones.base.errors import UsageError, UserError, suggestion
from backbones.base.streams import STREAMS
from backbones.building import find
from harness.config.difference import run_key
from harness.config.resolve import resolve
from harness.config.schema import Config
from harness.data.registry import DATASETS
from harness.data.sets.localglobal.plan import FAMILIES
from harness.papers.folder import CITED, CLAIMS, SHEET, Paper
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

OF_OUTPUTS = ["top1", "top5", *FAMILIES]  # what records have of a stream or a fusion rule
OF_DOMINANCE = re.compile(r"local|agreement|local\[.+\]")


def problems_of_claims(paper: Paper) -> list[str]:
    """First rows that cannot be read, all of them, and what the others name; sums only where all are read."""
    rows = [each for file in (CLAIMS, CITED) if paper.has(file) for each in _rows(paper, file)]
    if unread := [each for each in rows if isinstance(each, str)]:
        read = (each for each in rows if isinstance(each, Claim))
        return unread + [f"{place(each)}:{each.row}: {said}" for each in read for said in _named(paper, each)]
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


def _rows(paper: Paper, file: str) -> Iterator[Claim | str]:
    """Each claim, or what is wrong with its row."""
    try:
        rows = read_csv(paper.path(file), COLUMNS, OPTIONAL)
    except UsageError as error:
        yield str(error)
        return
    for row, cells in rows:
        try:
            yield claim_of(paper, file, row, cells)
        except UsageError as error:
            yield str(error)


def _of_claim(paper: Paper, claim: Claim, chain: str | None, in_circle: bool) -> Iterator[str]:
    yield from _named(paper, claim)
    if chain:
        yield f"claim '{claim.id.rpartition('/')[2]}': {chain}"
    elif claim.derivation and not in_circle:
        yield from _sum(claim)


def _named(paper: Paper, claim: Claim) -> Iterator[str]:
    """What the claim names and is not there: data sets, methods, settings, outputs, networks."""
    name = claim.id.rpartition("/")[2]
    if claim.dataset and claim.dataset not in paper.sheet.datasets and not DATASETS.find(claim.dataset):
        known = [*DATASETS.names(), *paper.sheet.datasets]
        hint = suggestion(claim.dataset, known) or ";"
        declared = "paper.yaml: datasets declares one that no run can be on"
        yield f"claim '{name}': no data set '{claim.dataset}'{hint} {declared}"
    if claim.of_others and not claim.value:
        yield f"claim '{name}': {CITED} holds numbers alone; an order is a row of {CLAIMS}"
    of_videos = not claim.is_cost and claim.left.kind != "scope"
    if of_videos and not claim.dataset and claim.provenance != "quoted":  # a third place may not state it
        yield f"claim '{name}': dataset is empty; name the data set that {claim.metric} is of"
    for side in filter(None, (claim.left, claim.right)):
        for said in (*side_problems(side), *_undeclared(paper, side)):
            yield f"claim '{name}': {said}"


def _undeclared(paper: Paper, side: Side) -> Iterator[str]:
    """Of `scope:name`, that paper.yaml says nothing of it."""
    if side.kind == "scope" and side.name not in paper.sheet.scope:
        hint = suggestion(side.name, list(paper.sheet.scope)) or ";"
        yield f"no 'scope:{side.name}'{hint} {SHEET}: scope says what it is and why it is not done"


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
            yield from network_problems(network.name)
    for member in side.members:
        found = list(side_problems(member))
        yield from found or _not_stored(member)
    yield from _named_twice(side)
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


def _named_twice(side: Side) -> Iterator[str]:
    """Of an ensemble's members those that are one output of one run, in other words perhaps."""
    seen: dict[str, Side] = {}
    for member in side.members:
        try:
            key = output_key(member)
        except UserError:
            continue  # said of that member
        first = seen.setdefault(key, member)
        if first is not member:
            one, two = (f"{each.setting()} @ {each.output}" for each in (first, member))
            same = "there twice" if one == two else one
            yield f"an ensemble names each output once, and '{two}' is {same}"


def network_problems(name: str) -> Iterator[str]:
    """A line where no network is called so."""
    try:
        find(name)
    except UserError as error:
        yield str(error)


def _output(side: Side) -> Iterator[str]:
    """Of "average.top1": a stream, a rule, the method's own rule, or dominance; and what is measured."""
    known, what = [*STREAMS, "own", "dominance"], side.metric.partition(".")[2]
    if side.metric in COST_METRICS:
        return
    if side.output not in known and not FUSIONS.find(side.output):
        every = [*known, *FUSIONS.discover().names()]
        hint = suggestion(side.output, every) or ";"
        yield f"no stream or fusion rule '{side.output}'{hint} in '{side.metric}'"
    elif side.output == "dominance":
        if not OF_DOMINANCE.fullmatch(what):
            expected = "dominance.local, dominance.agreement or dominance.local[CLASS]"
            yield f"no metric '{side.metric}'; expected {expected}"
    elif what not in OF_OUTPUTS:
        hint = suggestion(what, OF_OUTPUTS) or ";"
        yield f"no metric '{side.metric}'{hint} expected {side.output}.top1 or {side.output}.top5"


def output_key(side: Side) -> str:
    """The same for two sides that are one configuration and output."""
    return f"{run_key(configured(side).plain())} {_full_metric(side)}"


def _full_metric(side: Side) -> str:
    """With the method's own rule by its name."""
    output, _, what = side.metric.partition(".")
    rule = METHODS.get(side.name).fusion if output == "own" else output
    return f"{SAME.get(rule, rule)}.{what}"


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
