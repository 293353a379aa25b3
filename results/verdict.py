"""What is said of a claim, on two axes that are never mixed.

*Measured*: by runs, on the claim's own data and protocol; an order may also be measured on other data, and is
then said to hold or not "here". *Checked*: without runs, in words of their own: a cost that was counted, an
arithmetic that adds up, a quotation that is right. What was derived from reported numbers is no claim of the
paper's and gets no verdict; what was quoted in a third place, where the reader asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from harness.console.signed import signed
from results.claims.claims import Claim
from results.statistics import numbers, orders

REPRODUCED, CONTRADICTED, CONSISTENT = numbers.REPRODUCED, numbers.CONTRADICTED, numbers.CONSISTENT
HOLDS, HOLDS_SMALL, NO_DIFFERENCE = orders.HOLDS, orders.HOLDS_SMALL, orders.NO_DIFFERENCE
DOES_NOT_HOLD, UNDECIDED = orders.DOES_NOT_HOLD, orders.UNDECIDED
NO_STUDY, NOT_RUN, NOT_COMPARABLE = "not decided: no study", "not run", "not comparable"
COST_AGREES, COST_DIFFERS = "cost agrees", "cost differs"
ADDS_UP, DOES_NOT_ADD_UP = "adds up", "does not add up"
QUOTED, MISQUOTED, NOT_CHECKED = "quoted correctly", "misquoted", "not checked"
NO_VERDICT = "no verdict"

MEASURED, CHECKED, NEITHER = "measured", "checked without runs", "derived or quoted"
AXES = {
    MEASURED: (
        *(REPRODUCED, CONSISTENT, CONTRADICTED, HOLDS, HOLDS_SMALL, NO_DIFFERENCE, DOES_NOT_HOLD),
        *(UNDECIDED, NO_STUDY, NOT_COMPARABLE, NOT_RUN),
    ),
    CHECKED: (COST_AGREES, COST_DIFFERS, ADDS_UP, DOES_NOT_ADD_UP, QUOTED, MISQUOTED, NOT_CHECKED),
    NEITHER: (NO_VERDICT,),
}
VERDICTS = tuple(word for words in AXES.values() for word in words)
DECIDED = (REPRODUCED, CONSISTENT, CONTRADICTED, HOLDS, HOLDS_SMALL, NO_DIFFERENCE, DOES_NOT_HOLD)
GOOD = (REPRODUCED, CONSISTENT, HOLDS, HOLDS_SMALL, COST_AGREES, ADDS_UP, QUOTED)
BAD = (CONTRADICTED, DOES_NOT_HOLD, COST_DIFFERS, DOES_NOT_ADD_UP, MISQUOTED)
# Counters differ in BatchNorm, activations and attention's own products: 0.7 to 4.2 % on these networks.
COST_TOLERANCE = 0.05


@dataclass(frozen=True)
class Verdict:
    """verdict: one of VERDICTS. why: a line. measured: the number that it rests on, or None.

    half: of its 95 % interval over pre-trainings; these_half: of that for these pre-trained streams; None
    where there is none. n: pre-trainings. p, level: of an order, and what p was compared with. power_order,
    power_equal: chances that the plan gave it. study, plan_sha256: which decided it. dataset: where it was
    measured. evidence: the same for claims that rest on the same runs, which count once. runs: ids. command:
    what would run it.
    """

    verdict: str
    why: str
    measured: float | None = None
    half: float | None = None
    these_half: float | None = None
    n: int = 0
    p: float | None = None
    level: float | None = None
    power_order: float | None = None
    power_equal: float | None = None
    study: str = ""
    plan_sha256: str = ""
    dataset: str = ""
    evidence: str = ""
    runs: tuple[str, ...] = ()
    command: str = ""

    @property
    def axis(self) -> str:
        return next(axis for axis, words in AXES.items() if self.verdict in words)


def elsewhere(verdict: Verdict, dataset: str) -> str:
    """` here, on localglobal`, where a claim about a data set was measured on another one."""
    other = verdict.dataset.partition(",")[0].partition(" ")[0]
    said = verdict.verdict in (*DECIDED, UNDECIDED) and dataset and other
    return f" here, on {other}" if said and other != dataset else ""


def cost_verdict(counted: float, relation: str, claimed: float, tolerance: float = COST_TOLERANCE) -> Verdict:
    """A counted cost against a claimed one. tolerance: relative, for what counters count differently."""
    summary = f"counted {counted:.4g}, claimed {'' if relation == '=' else relation + ' '}{claimed:.4g}"
    if relation == "=":
        off = counted / claimed - 1
        summary += f" ({signed(100 * off, 1)}%, tolerance {tolerance:.0%})"
        holds = abs(off) <= tolerance
    else:
        holds = counted < claimed if relation == "<" else counted > claimed
    return Verdict(COST_AGREES if holds else COST_DIFFERS, summary, counted)


def counts(judged: Iterable[tuple[Claim, Verdict]]) -> dict[str, Counter[str]]:
    """{axis: how often each word was said}; claims that rest on the same evidence count once."""
    found: dict[str, Counter[str]] = {axis: Counter() for axis in AXES}
    seen: set[tuple[str, str]] = set()
    for claim, verdict in judged:
        key = verdict.evidence or claim.id, verdict.verdict
        if key not in seen:
            found[verdict.axis][verdict.verdict] += 1
        seen.add(key)
    return found


def decided_elsewhere(judged: Iterable[tuple[Claim, Verdict]]) -> list[tuple[str, int]]:
    """How many are decided on other data than they are about, by the words that say on which."""
    by_place: dict[str, list[tuple[Claim, Verdict]]] = {}
    for claim, verdict in judged:
        if verdict.verdict in DECIDED and (place := elsewhere(verdict, claim.dataset)):
            by_place.setdefault(place.strip(), []).append((claim, verdict))
    return [(place, sum(counts(those)[MEASURED].values())) for place, those in by_place.items()]
