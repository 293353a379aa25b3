"""From claims and evidence to verdicts. No torch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from harness.config.difference import flatten
from harness.record.schema import Record
from results.cell_commands import run_command
from results.claims.claims import Claim, arithmetic, cited
from results.claims.side import Side
from results.costs import command, cost, missing
from results.matching import (
    Pairing,
    closest,
    of_setting,
    pairings,
    paper_preset,
    protocol_differences,
    varied_by,
    where,
)
from results.records import by_seed, groups
from results.statistics.tests import holm, p_of_zero_mean
from results.verdict import (
    CONTRADICTED,
    INCONCLUSIVE,
    MARGIN,
    MIN_SEEDS,
    NOT_COMPARABLE,
    NOT_RUN,
    REPRODUCED,
    Verdict,
    all_of,
    cost_verdict,
    equal_verdict,
    order_verdict,
    value_verdict,
)


@dataclass(frozen=True)
class Evidence:
    """records: of finished runs. methods: names that this harness can run. margin: in points."""

    records: Sequence[Record]
    methods: Collection[str]
    margin: float = MARGIN


@dataclass(frozen=True)
class Order:
    """A comparison that waits for Holm: differences by seed, the claimed sign, and what they rest on."""

    differences: list[float]
    sign: int
    dataset: str
    runs: tuple[str, ...]


Finding = Verdict | list[Order]


def judge(claims: Iterable[Claim], evidence: Evidence) -> dict[str, Verdict]:
    """The verdict of each claim by its id; orders are corrected within their table."""
    claims = list(claims)
    findings = {claim.id: _find(claim, evidence) for claim in claims}
    verdicts = {key: found for key, found in findings.items() if isinstance(found, Verdict)}
    for family in dict.fromkeys(claim.family for claim in claims):
        orders = {
            claim.id: found
            for claim in claims
            if claim.family == family and isinstance(found := findings[claim.id], list)
        }
        verdicts |= _corrected(orders)
    return {claim.id: verdicts[claim.id] for claim in claims}


def _corrected(orders: dict[str, list[Order]]) -> dict[str, Verdict]:
    """Holm over all comparisons of a table that have enough seeds."""
    enough = [order for found in orders.values() for order in found if len(order.differences) >= MIN_SEEDS]
    p_values = holm([p_of_zero_mean(order.differences) for order in enough])
    adjusted = {id(order): p for order, p in zip(enough, p_values, strict=True)}
    return {
        key: all_of([_decided(order, adjusted.get(id(order), 1.0), len(enough)) for order in found])
        for key, found in orders.items()
    }


def _decided(order: Order, p: float, tests: int) -> Verdict:
    verdict = order_verdict(order.differences, p, order.sign, tests=max(tests, 1))
    return replace(verdict, why=f"{verdict.why}; on {order.dataset}", dataset=order.dataset, runs=order.runs)


def _find(claim: Claim, evidence: Evidence) -> Finding:
    if claim.derivation and claim.provenance == "reported":
        return _arithmetic(claim)
    if claim.left.kind == "scope":
        return Verdict(NOT_RUN, f"{claim.left.name} is not part of this harness")
    if claim.left.kind == "cited":
        return _quoted(claim)
    if claim.left.kind == "network":
        return _cost(claim)
    for side in (claim.left, claim.right):
        if side and side.kind == "run" and side.name not in evidence.methods:
            return Verdict(NOT_RUN, f"method '{side.name}' is not in this harness yet")
    return _run(claim, evidence)


def _arithmetic(claim: Claim) -> Verdict:
    """A stated difference against the numbers of which it is the difference."""
    value, digits = arithmetic(claim.derivation), len(claim.value.partition(".")[2])
    holds = claim.number is not None and abs(claim.number - value) < 0.51 * 10**-digits
    why = f"arithmetic: {claim.derivation} = {value:.2f}, stated {claim.value}"
    return Verdict(REPRODUCED if holds else CONTRADICTED, why, value)


def _quoted(claim: Claim) -> Verdict:
    """A number that a paper quotes of another method, against that method's own source."""
    own = cited().get((claim.left.name, claim.dataset, claim.metric))
    if claim.paper == "others" or own is None or claim.number is None:
        why = "published for another method, for comparison; that method is not implemented here"
        return Verdict(NOT_COMPARABLE, why)
    same = abs(own - claim.number) < 0.05
    why = f"quoted as {claim.number:g}; its own source reports {own:g}"
    return Verdict(REPRODUCED if same else CONTRADICTED, why, own)


def _cost(claim: Claim) -> Verdict:
    """Counted once, committed: needs neither data nor a run."""
    sides = [side for side in (claim.left, claim.right) if side and side.kind == "network"]
    lacking = list(dict.fromkeys(network for side in sides for network in missing(side)))
    if lacking:
        names = ", ".join(f"{network.name} at {network.frames}x{network.size}" for network in lacking)
        return Verdict(NOT_RUN, f"no committed cost record of {names}", command=command(lacking[0]))
    counted, claimed = cost(claim.left), _claimed(claim)
    if counted is None or claimed is None:
        return Verdict(NOT_RUN, "the other side's cost is not known")
    return cost_verdict(counted, claim.relation, claimed)


def _claimed(claim: Claim) -> float | None:
    right = claim.right
    if right is None:
        return claim.number
    return cost(right) if right.kind == "network" else _cited(right, claim)


def _cited(side: Side, claim: Claim) -> float | None:
    return cited().get((side.name, "" if claim.is_cost else claim.dataset, side.metric))


def _run(claim: Claim, evidence: Evidence) -> Finding:
    """Against measured runs: orders on whatever data was run, numbers only under the paper's protocol."""
    if claim.relation in "<>":
        if claim.right and claim.right.kind == "run":
            return _order(claim, evidence)
        if claim.metric.startswith("dominance"):
            return _dominance(claim, evidence)
    return _number(claim, evidence)


def _order(claim: Claim, evidence: Evidence) -> Finding:
    assert claim.right
    found = pairings(evidence.records, claim.left, claim.right)
    if found:
        return [_as_order(pairing, claim) for pairing in found]
    lacking = [
        side
        for side in (claim.left, claim.right)
        if not of_setting(evidence.records, side, varied_by(claim.left, claim.right)) and not (side.is_grid)
    ]
    if claim.right.is_grid:
        return Verdict(NOT_RUN, "no other point of the sweep was run", command=_sweep(claim))
    if not lacking:
        why = "both sides were run, but not with the same protocol and seed, or not with this fusion rule"
        return Verdict(NOT_RUN, why, command=run_command(claim.left, claim.dataset))
    names = " and ".join(_named(side, claim) for side in dict.fromkeys(lacking))
    commands = dict.fromkeys(run_command(side, claim.dataset) for side in lacking)
    return Verdict(NOT_RUN, f"no run of {names}", command=" && ".join(commands))


def _sweep(claim: Claim) -> str:
    """The one sweep that a paper makes is a table."""
    paper = f"--preset {claim.left.preset} --dataset {claim.dataset} --data-root {claim.dataset}=DIR"
    return f"harness table loss-weights --run {paper} --seeds 5"


def _named(side: Side, claim: Claim) -> str:
    """With what it leaves to the paper's preset, where the other side varies that."""
    preset, own = flatten(paper_preset(side.preset)), dict(side.pairs)
    more = [f"{key}={preset[key]}" for key in varied_by(claim.left, claim.right) if key not in own]
    return " ".join([str(side), *([f"({', '.join(more)})"] if more else [])])


def _as_order(pairing: Pairing, claim: Claim) -> Order:
    runs = tuple(dict.fromkeys(record.id for record in pairing.records))
    return Order(pairing.differences, _sign(claim), where(pairing.records[0]), runs)


def _sign(claim: Claim) -> int:
    return 1 if claim.relation == ">" else -1


def _dominance(claim: Claim, evidence: Evidence) -> Finding:
    """A share of the data set's own videos against a fixed share, one value per seed: other data says
    nothing of it."""
    command = run_command(claim.left, claim.dataset)
    anywhere = of_setting(evidence.records, claim.left)
    found = [record for record in anywhere if record.data.dataset == claim.dataset]
    if anywhere and not found:
        why = f"a statement about the videos of {claim.dataset}; run on {anywhere[-1].data.dataset}"
        return Verdict(NOT_COMPARABLE, why, command=command)
    if not found:
        return Verdict(NOT_RUN, f"no run of {claim.left}", command=command)
    alike = max(groups(found).values(), key=lambda members: (len(members), members[-1].finished))
    record, values = alike[0], by_seed(alike, claim.metric)
    if not values or claim.number is None:
        return Verdict(NOT_RUN, f"the records do not contain {claim.metric}")
    differences = [value - claim.number for value in values.values()]
    return [Order(differences, _sign(claim), where(record), tuple(other.id for other in alike))]


def _number(claim: Claim, evidence: Evidence) -> Finding:
    near = closest(evidence.records, claim.left, claim.dataset)
    needed = run_command(claim.left, claim.dataset or "")
    if near is None:
        return Verdict(NOT_RUN, f"no run of {claim.left}", command=needed)
    apart = protocol_differences(near, claim.left, claim.dataset)
    if apart:
        more = f" and {len(apart) - 3} more" if len(apart) > 3 else ""
        return Verdict(NOT_COMPARABLE, f"run with {'; '.join(apart[:3])}{more}", command=needed)
    alike = [
        record
        for record in of_setting(evidence.records, claim.left)
        if not protocol_differences(record, claim.left, claim.dataset)
    ]
    return _against_number(claim, evidence, alike, needed)


def _against_number(claim: Claim, evidence: Evidence, alike: Sequence[Record], needed: str) -> Finding:
    values = by_seed(alike, claim.metric)
    runs, place = tuple(record.id for record in alike), where(alike[0])
    if not values:
        why = f"no seed has all splits, or the records do not contain {claim.metric}"
        return Verdict(NOT_RUN, why, command=needed)
    right = claim.right
    if right and right.kind == "run":
        found = pairings([*alike, *of_setting(evidence.records, right)], claim.left, right)
        if not found:
            return Verdict(NOT_RUN, f"no run of {right}", command=run_command(right, claim.dataset))
        numbers = found[0].differences
    else:
        numbers = list(values.values())
    return _verdict(claim, numbers, evidence.margin, runs, place)


def _verdict(claim: Claim, values: list[float], margin: float, runs: tuple[str, ...], place: str) -> Finding:
    """values: by seed, of the left side or of left − right."""
    right = claim.right
    constant = _cited(right, claim) if right and right.kind == "cited" else None
    if claim.relation in "<>":
        limit = claim.number if right is None else constant
        if limit is None:
            return Verdict(INCONCLUSIVE, "the other side's number is not known")
        return [Order([value - limit for value in values], _sign(claim), place, runs)]
    if claim.relation == "~":
        verdict = equal_verdict([value - (constant or 0.0) for value in values], margin)
    else:
        assert claim.range
        verdict = value_verdict(values, *claim.range, margin)
    return replace(verdict, runs=runs, dataset=place)
