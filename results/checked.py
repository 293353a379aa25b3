"""What can be checked of a claim without a run: arithmetic, quotations, costs that were counted. No torch."""

from __future__ import annotations

from harness.papers.strict import refuse
from results.claims.arithmetic import ends
from results.claims.claims import Claim, cited, place
from results.claims.numbers import cut
from results.claims.side import Side
from results.costs import command, cost, missing
from results.verdict import (
    ADDS_UP,
    DOES_NOT_ADD_UP,
    MISQUOTED,
    NOT_CHECKED,
    QUOTED,
    Verdict,
    cost_verdict,
)


def check(claim: Claim) -> Verdict | None:
    """None of a claim that only runs can decide."""
    if claim.derivation:
        return _adds_up(claim)
    if claim.left.kind == "cited":
        return _quoted(claim)
    if claim.left.kind == "network":
        return _cost(claim)
    return None


def _adds_up(claim: Claim) -> Verdict:
    """A stated difference against the numbers of which it is the difference."""
    try:
        values, digits = (
            ends(claim.derivation, claim.paper),
            len(claim.value.rpartition("..")[2].partition(".")[2]),
        )
    except ValueError as error:
        refuse(place(claim), claim.row, f"claim '{claim.id}': {error}")
    digits = len(claim.value.rpartition("..")[2].partition(".")[2])
    pairs = zip(claim.range or (), values, strict=False)
    holds = claim.range is not None and all(abs(a - b) < 0.51 * 10**-digits for a, b in pairs)
    shown = " to ".join(f"{value:.2f}" for value in dict.fromkeys(values))
    why = f"arithmetic: {cut(claim.derivation)} = {shown}, stated {claim.value}"
    return Verdict(ADDS_UP if holds else DOES_NOT_ADD_UP, why, values[0])


def _quoted(claim: Claim) -> Verdict:
    """A number that a paper quotes of another method, against that method's own source."""
    own = cited().get((claim.left.name, claim.dataset, claim.metric))
    if claim.of_others or own is None or claim.number is None:
        why = "published for another method, for comparison; that method is not implemented here"
        return Verdict(NOT_CHECKED, why)
    same = abs(own - claim.number) < 0.05
    why = f"quoted as {claim.number:g}; its own source reports {own:g}"
    return Verdict(QUOTED if same else MISQUOTED, why, own)


def _cost(claim: Claim) -> Verdict:
    """Counted once, committed: needs neither data nor a run."""
    sides = [side for side in (claim.left, claim.right) if side and side.kind == "network"]
    lacking = list(dict.fromkeys(network for side in sides for network in missing(side)))
    if lacking:
        names = ", ".join(f"{network.name} at {network.frames}x{network.size}" for network in lacking)
        return Verdict(NOT_CHECKED, f"no committed cost record of {names}", command=command(lacking[0]))
    counted, claimed = cost(claim.left), _claimed(claim)
    if counted is None or claimed is None:
        return Verdict(NOT_CHECKED, "the other side's cost is not known")
    return cost_verdict(counted, claim.relation, claimed)


def _claimed(claim: Claim) -> float | None:
    right = claim.right
    if right is None:
        return claim.number
    return cost(right) if right.kind == "network" else cited_number(right, claim)


def cited_number(side: Side, claim: Claim) -> float | None:
    """What the other side's own source says."""
    return cited().get((side.name, "" if claim.is_cost else claim.dataset, side.metric))
