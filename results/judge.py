"""From claims and evidence to verdicts: what was measured, and what is checked without runs. No torch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path

from harness.config.difference import flatten
from harness.console.signed import signed
from harness.record.index.shape import Runs
from harness.record.schema import Record
from results.cell_commands import run_command
from results.checked import check, cited_number
from results.claims.chains import circles
from results.claims.claims import Claim
from results.claims.protocols import comparable
from results.claims.side import Side
from results.claims.unrunnable import never_run, only_declared
from results.matching import (
    closest,
    of_other_streams,
    of_setting,
    pairings,
    paper_preset,
    protocol_differences,
    varied_by,
    where,
)
from results.outputs.ensembles import ensembles
from results.records import groups, run_ids
from results.statistics import numbers
from results.statistics.nested import Nested
from results.statistics.starts import replicates
from results.studies.analysis import INTERIM, NOT_MEASURED, Analysis, Answer
from results.tables.parts.footer import top_k
from results.verdict import NO_STUDY, NO_VERDICT, NOT_CHECKED, NOT_COMPARABLE, NOT_RUN, Verdict


@dataclass(frozen=True)
class Evidence:
    """records: of finished runs. methods: names that this harness can run. margin: of numbers, in points.

    studies: that these records belong to. quoted: whether numbers that were seen in a third place are judged.
    paths: of each record, by its run's id; ensembles are read beside them. problems: why one could not be
    made of its runs, by its name. foreign: records that another paper's streams keep out of the claims.
    """

    records: Sequence[Record]
    methods: Collection[str]
    margin: float = numbers.MARGIN
    studies: Sequence[Analysis] = ()
    quoted: bool = False
    paths: Mapping[str, Path] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    foreign: Sequence[Record] = ()


def judge(claims: Iterable[Claim], evidence: Evidence) -> dict[str, Verdict]:
    """The verdict of each claim by its id."""
    claims = list(claims)
    sides = [side for claim in claims for side in (claim.left, claim.right)]
    records = Runs(evidence.records)
    made = ensembles(records, sides, evidence.paths)
    records = Runs((*records, *made.records)) if made.records else records
    of_paper = {}  # by its protocol
    for preset in {claim.left.preset for claim in claims}:
        usable, foreign = comparable(records, preset)
        theirs = Runs(usable) if foreign else records
        of_paper[preset] = replace(evidence, records=theirs, problems=made.problems, foreign=foreign)
    return {claim.id: _judged(claim, of_paper[claim.left.preset]) for claim in claims}


def _judged(claim: Claim, evidence: Evidence) -> Verdict:
    if claim.provenance == "derived":
        return Verdict(NO_VERDICT, "derived by arithmetic from reported numbers: no claim of the paper's own")
    if claim.provenance == "quoted" and not evidence.quoted:
        why = f"quoted, as seen in {claim.source or claim.where}, not in the paper itself"
        return Verdict(NO_VERDICT, f"{why}; 'harness claims --quoted' judges it")
    if claim.derivation and (circle := circles().get(claim.id)):
        return Verdict(NOT_CHECKED, circle)
    if (checked := check(claim)) is not None:
        return checked
    if why := never_run(claim):
        return Verdict(NOT_RUN, why)
    for part in (part for side in (claim.left, claim.right) if side and side.is_run for part in side.parts):
        if part.name not in evidence.methods:
            return Verdict(NOT_RUN, f"method '{part.name}' is not in this harness yet")
    is_order = claim.relation in "<>~"
    return (is_order and _by_study(claim, evidence.studies)) or _by_runs(claim, evidence, is_order)


def _by_study(claim: Claim, studies: Sequence[Analysis]) -> Verdict | None:
    """By the complete study with most pairs, on the claim's own data set before others; else none.

    Of a study under way what it shows is told, and that this is no verdict.
    """
    having = [(study, answer) for study in studies if (answer := study.answer(claim.id)) is not None]
    if not having:
        return None

    def rank(found: tuple[Analysis, Answer]) -> tuple[bool, bool, bool, int]:
        plan, decided = found[0].plan, found[1].word not in (INTERIM, NOT_MEASURED)
        return found[0].complete, plan.dataset == claim.dataset, decided, plan.pairs

    return _answered(*max(having, key=rank))


def _answered(study: Analysis, answer: Answer) -> Verdict:
    plan, head = study.plan, f"study {study.plan.name} (plan {study.sha256[:12]})"
    arms = dict.fromkeys(out.arm for each in answer.contrasts for out in each.outputs)
    runs = run_ids(record for name in arms for record in study.matrix.records(name))
    if not study.complete or not answer.contrasts or answer.word == NOT_MEASURED:
        state = "interim look" if not study.complete else "not measured"
        shown = f": {answer.contrasts[0].summary()}" if answer.contrasts else ""
        found = Verdict(NO_STUDY, f"{head}, {state} at {study.state}{shown}")
    else:
        more = f"; the first of {len(answer.contrasts)} orders" * (len(answer.contrasts) > 1)
        why = f"; {answer.why}" * bool(answer.why)
        if ".top5" in answer.question.statement:
            said = top_k(record for name in arms for record in study.matrix.records(name))
            why += f"; {said}" * bool(said)
        found = Verdict(answer.word, f"{answer.contrasts[0].summary()}{why}{more}; {head}")
    name = f"{plan.name} {answer.question.table} {answer.question.statement}"
    return replace(
        _numbers(found, answer),
        study=plan.name,
        plan_sha256=study.sha256,
        dataset=plan.dataset,
        evidence=name,
        runs=runs,
    )


def _numbers(verdict: Verdict, answer: Answer) -> Verdict:
    if not answer.contrasts:
        return verdict
    first = answer.contrasts[0]
    power = first.power
    return replace(
        verdict,
        measured=first.differences.mean,
        half=_finite(first.over.half),
        these_half=_finite(first.these.half),
        n=first.differences.pairs,
        p=first.p.direction,
        level=answer.level,
        power_order=power.order if power else None,
        power_equal=power.equal if power else None,
    )


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None


def _by_runs(claim: Claim, evidence: Evidence, is_order: bool) -> Verdict:
    """Orders get no verdict from runs of no study; numbers only under the paper's protocol."""
    right = claim.right
    if is_order and right and right.is_run:
        return _unplanned_order(claim, right, evidence)
    if is_order and claim.metric.startswith("dominance"):
        return _unplanned_share(claim, evidence)
    near = closest(evidence.records, claim.left, claim.dataset)
    needed = run_command(claim.left, claim.dataset or "", of=claim.id)
    if near is None:
        none = f"no run of {claim.left}{of_other_streams(evidence.foreign, [claim.left])}"
        return Verdict(NOT_RUN, evidence.problems.get(claim.left.name) or none, command=needed)
    apart = protocol_differences(near, claim.left, claim.dataset)
    if apart:
        more = f" and {len(apart) - 3} more" if len(apart) > 3 else ""
        return Verdict(NOT_COMPARABLE, f"run with {'; '.join(apart[:3])}{more}", command=needed)
    alike = [
        record
        for record in of_setting(evidence.records, claim.left)
        if not protocol_differences(record, claim.left, claim.dataset)
    ]
    return _under_the_protocol(claim, evidence, alike, needed)


def _unplanned_order(claim: Claim, right: Side, evidence: Evidence) -> Verdict:
    found = pairings(evidence.records, claim.left, right, claim.dataset)
    if not found:
        return _not_run(claim, right, evidence)
    first = found[0]
    others = f" (the first of {len(found)} orders)" * (len(found) > 1)
    gaps = first.nested
    why = f"difference {_mean(gaps)}{others}; on {where(first.records[0])}; runs of no study decide no order"
    runs = run_ids(record for pairing in found for record in pairing.records)
    evidence_ = f"{claim.left} {claim.relation} {right}"
    half, place = _finite(gaps.over_pretrainings().half), where(first.records[0])
    return Verdict(NO_STUDY, why, gaps.mean, half, n=gaps.pairs, dataset=place, evidence=evidence_, runs=runs)


def _unplanned_share(claim: Claim, evidence: Evidence) -> Verdict:
    """A share of the data set's own videos against a fixed share: other data says nothing of it."""
    command = run_command(claim.left, claim.dataset, of=claim.id)
    anywhere = of_setting(evidence.records, claim.left)
    found = [record for record in anywhere if record.data.dataset == claim.dataset]
    if anywhere and not found:
        why = f"a statement about the videos of {claim.dataset}; run on {anywhere[-1].data.dataset}"
        return Verdict(NOT_COMPARABLE, why, command=command)
    if not found:
        why = f"no run of {claim.left}{of_other_streams(evidence.foreign, [claim.left])}"
        return Verdict(NOT_RUN, why, command=command)
    alike = max(groups(found).values(), key=lambda members: (len(members), members[-1].finished))
    values = replicates(alike, claim.metric)
    if values is None or claim.number is None:
        return Verdict(NOT_RUN, f"the records do not contain {claim.metric}")
    gaps = Nested(tuple(tuple(v - claim.number for v in pair) for pair in values.values), values.resolution)
    place, runs = where(alike[0]), run_ids(alike)
    why = f"difference {_mean(gaps)}; on {place}; runs of no study decide no order"
    half = _finite(gaps.over_pretrainings().half)
    return Verdict(NO_STUDY, why, gaps.mean, half, n=gaps.pairs, dataset=place, runs=runs)


def _mean(values: Nested) -> str:
    interval = values.over_pretrainings()
    half = f" ± {interval.half:.2f} over pre-trainings" if isfinite(interval.half) else ""
    return f"{signed(interval.centre)}{half} (n = {values.pairs})"


def _not_run(claim: Claim, right: Side, evidence: Evidence) -> Verdict:
    lacking = [
        side
        for side in (claim.left, right)
        if not of_setting(evidence.records, side, varied_by(claim.left, right)) and not (side.is_grid)
    ]
    if right.is_grid:
        return Verdict(NOT_RUN, "no other point of the sweep was run", command=_sweep(claim))
    if said := [evidence.problems[side.name] for side in lacking if side.name in evidence.problems]:
        return Verdict(NOT_RUN, said[0])
    if lacking and (why := only_declared(claim)):
        return Verdict(NOT_RUN, f"{why}; runs on another data set can decide this order")
    if not lacking:
        why = "both sides were run, but not with the same protocol and seed, or not with this fusion rule"
        return Verdict(NOT_RUN, why, command=run_command(claim.left, claim.dataset, of=claim.id))
    names = " and ".join(_named(side, claim) for side in dict.fromkeys(lacking))
    commands = dict.fromkeys(run_command(side, claim.dataset, of=claim.id) for side in lacking)
    why = f"no run of {names}{of_other_streams(evidence.foreign, lacking)}"
    return Verdict(NOT_RUN, why, command=" && ".join(commands))


def _sweep(claim: Claim) -> str:
    """The one sweep that a paper makes is a table."""
    paper = f"--preset {claim.left.preset} --dataset {claim.dataset} --data-root {claim.dataset}=DIR"
    return f"harness table loss-weights --run {paper} --seeds 5"


def _named(side: Side, claim: Claim) -> str:
    """With what it leaves to the paper's preset, where the other side varies that."""
    preset, own = flatten(paper_preset(side.preset)), dict(side.pairs)
    more = [f"{key}={preset[key]}" for key in varied_by(claim.left, claim.right) if key not in own]
    return " ".join([str(side), *([f"({', '.join(more)})"] if more else [])])


def _under_the_protocol(claim: Claim, evidence: Evidence, alike: Sequence[Record], needed: str) -> Verdict:
    """alike: under the paper's protocol, on the claim's own data."""
    right, values = claim.right, replicates(alike, claim.left.metric)
    if values is None:
        why = f"no seed has all splits, or the records do not contain {claim.metric}"
        return Verdict(NOT_RUN, why, command=needed)
    if right and right.is_run:
        others = of_setting(evidence.records, right)
        found = pairings([*alike, *others], claim.left, right, claim.dataset)
        if not found:
            command = run_command(right, claim.dataset, of=claim.id)
            return Verdict(NOT_RUN, f"no run of {right}", command=command)
        values = found[0].nested
    place, runs = where(alike[0]), run_ids(alike)
    if claim.relation in "<>~":
        constant = cited_number(right, claim) if right and right.kind == "cited" else claim.number
        if constant is None:
            return Verdict(NOT_RUN, "the other side's number is not known")
        why = f"measured {_mean(values)}, against {constant:g}; runs of no study decide no order"
        half = _finite(values.over_pretrainings().half)
        return Verdict(NO_STUDY, why, values.mean, half, n=values.pairs, dataset=place, runs=runs)
    return _number(claim, values, evidence.margin, runs, place)


def _number(claim: Claim, values: Nested, margin: float, runs: tuple[str, ...], place: str) -> Verdict:
    assert claim.range
    low, high = claim.range
    found = numbers.compare(values, low, margin, high)
    claimed = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    further = found.prediction.half
    one = f"; one further run: ± {further:.2f}" if isfinite(further) else "; one pre-training has no interval"
    why = f"measured {_mean(values).lstrip('+')}, claimed {claimed}, margin {margin:g}{one}"
    half, these = found.mean.half, values.for_these_streams().half
    return Verdict(
        found.word,
        why,
        values.mean,
        _finite(half),
        _finite(these),
        n=values.pairs,
        dataset=place,
        runs=runs,
    )
