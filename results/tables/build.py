"""From a table's rows and the records to its cells."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from backbones.base.streams import STREAMS
from harness.record.failures import Failure
from harness.record.index.shape import Runs
from harness.record.schema import Difference, FusionScores, Record
from results import step_times as steps
from results.cell_commands import HELD_OUT, OWN_RULES, run_command
from results.claims.side import Side
from results.matching import VARIED, of_setting
from results.outputs.ensembles import ensembles
from results.records import Loaded, can_fail, measure, run_ids, scores
from results.statistics.orders import HOLDS, HOLDS_SMALL, MIN_PAIRS, Order, decide
from results.statistics.starts import Start, measured, nested, start_of
from results.tables.choice import choose, of_data
from results.tables.model import Cell, Table, words
from results.tables.parts.footer import first_measured, footer, not_on_its_data
from results.tables.parts.measured import one_gap, one_seed, over_pairs, reported
from results.tables.parts.merged import merge_commands
from results.tables.shown import ALL, Shown
from results.tables.spec import STEP_TIME, Row, Spec

HEADINGS = {
    "top1": "top-1 measured ↑",
    "top5": "top-5 measured ↑",
    "local.top1": "local stream ↑",
    "global.top1": "global stream ↑",
    "dominance.agreement": "dominant stream correct ↑",
    STEP_TIME: "step time ↓",
}
DASH = "—"
BENCH = "scripts/bench_methods.py"
MARGIN = 1.0  # points, as the usual margin of a study


def build(
    spec: Spec,
    loaded: Loaded,
    dataset: str | None,
    seeds: int | None,
    protocol: str | None,
    prefer: Collection[str] = (),
    shown: Shown = ALL,
) -> Table:
    """The table, filled from the records of one protocol. dataset, protocol: None takes what fills most.

    prefer: ids of runs whose protocol is taken before others', where none is asked for. shown: which rows.
    """
    asked = dataset or spec.fixed or None
    records, elsewhere = of_data(spec, loaded.records, dataset, seeds, bool(protocol or prefer))
    made = ensembles(records, _sides(spec), loaded.paths)
    asked_for = spec if spec.every_rule else shown.of_spec(spec)  # a rule may be in the records alone
    choice = choose(asked_for, [*records, *made.records], protocol, prefer)
    spec = shown.of_spec(with_other_rules(spec, choice.records))
    title = f"{spec.title}; reported on {spec.paper}" if spec.paper else spec.title
    table = Table(spec.name, title, _headings(spec))
    builder = Builder(spec, Runs(choice.records), loaded.failures, asked or "", made.problems)
    table.rows = [builder.row(row) for row in spec.rows]
    builder.embolden(table)
    shown.of_table(table)
    like = choice.records[0] if choice.records else None
    merge_commands(table, spec, builder.dataset, like, bool(shown.patterns))
    table.left_out = sum(len(records) for records in choice.others.values())
    table.of_study = any(record.study for record in choice.records)
    table.footer = [*footer(spec, choice, table), *not_on_its_data(spec, elsewhere)]
    table.footer += [f"left out: {problem}" for problem in loaded.problems]
    ids = run_ids(choice.records) if loaded.paths else ()
    table.links = {name: str(loaded.paths[name]) for name in ids}
    return table


def _sides(spec: Spec) -> list[Side | None]:
    return [row.side("top1") for row in spec.rows]


def with_other_rules(spec: Spec, records: Sequence[Record]) -> Spec:
    """Every further rule that the records have, after the paper's, where the table asks for it."""
    if not spec.every_rule:
        return spec
    shown = {row.label for row in spec.rows}
    rules = dict.fromkeys(rule for record in records for rule in record.metrics.fusion)
    more = tuple(Row(rule, f"{spec.every_rule} @ {rule}") for rule in rules if rule not in shown)
    return replace(spec, rows=spec.rows + more)


def _headings(spec: Spec) -> list[str]:
    shown = [""]
    for metric in spec.metrics:
        heading = HEADINGS.get(metric) or f"{metric.replace('own', 'fused').replace('.', ' on ')} ↑"
        shown += [heading.replace("measured ↑", "reported")] * bool(spec.paper)
        shown.append(heading)
    return shown + ["Δ top-1"] * (spec.baseline is not None)


@dataclass(frozen=True)
class Builder:
    """records: of one protocol. failures: runs that were tried. dataset: where cells are measured, or "".

    problems: why an ensemble could not be made of its runs, by its name. found, by_start: what was asked for.
    """

    spec: Spec
    records: Sequence[Record]
    failures: Sequence[Failure]
    dataset: str
    problems: Mapping[str, str]
    found: dict[Side | None, list[Record]] = field(default_factory=dict)
    by_start: dict[Side, tuple[dict[Start, float], float]] = field(default_factory=dict)

    @property
    def varied(self) -> list[str]:
        return [key for key in VARIED if key in self.spec.free]

    def row(self, row: Row) -> list[Cell]:
        cells = [words(row.label)]
        for metric in self.spec.metrics:
            if self.spec.paper:
                cells.append(reported(dict(row.reported).get(metric)))
            cells.append(self.measured(row, metric))
        if self.spec.baseline is not None:
            cells.append(self.difference(row))
        return cells

    def members(self, side: Side | None) -> list[Record]:
        if side not in self.found:
            self.found[side] = of_setting(self.records, side, self.varied) if side else []
        return self.found[side]

    def values(self, side: Side) -> dict[Start, float]:
        """By pre-trained pair and seed."""
        return self.with_step(side)[0]

    def with_step(self, side: Side) -> tuple[dict[Start, float], float]:
        """The same, with the points of one video."""
        if side not in self.by_start:
            self.by_start[side] = measured(self.members(side), side.metric)
        return self.by_start[side]

    def measured(self, row: Row, metric: str) -> Cell:
        side = row.side(metric)
        if side is None:
            return Cell(DASH, footnote=row.lacking) if row.lacking else words("")
        members = self.members(side)
        if metric == STEP_TIME:
            return self.step_time(side)
        values = self.values(side)
        if members and not values and ("." in metric or self.cannot_fail(members, side)):
            return words("")  # a stream that is not used, or what is not known of this data
        failed = self.failed(side, {start.seed for start in values})
        if not values:
            return Cell("failed" if failed else DASH, footnote=failed or self.filling(side, members))
        having = [record for record in members if measure(record, side.metric) is not None]
        fewer = failed or self.problems.get(side.name, "")  # an ensemble that some runs do not make
        if len(values) == 1:
            return replace(one_seed(side, having), footnote=fewer)
        found = over_pairs(nested(*self.with_step(side)))
        return replace(found, runs=run_ids(having), footnote=fewer)

    def cannot_fail(self, members: Sequence[Record], side: Side) -> bool:
        """Whether it is a top-5 that is known and says nothing; no run would add it."""
        found = [(record, scores(record, side.output)) for record in members]
        known = [not can_fail(record, each) for record, each in found if each]
        return side.metric.endswith(".top5") and bool(known) and all(known)

    def step_time(self, side: Side) -> Cell:
        """Measured of each method as it is by default, on one pair of networks."""
        found = None if side.pairs else steps.step_times().get(side.name)
        if found is None:
            return Cell(DASH, footnote=f"not timed; {BENCH} times methods with their default settings")
        config = self.records[0].config if self.records else {}
        if config and steps.networks() != tuple(config[name]["backbone"] for name in STREAMS):
            return Cell(DASH, footnote=f"not timed on these networks; {BENCH} --backbone NAME times them")
        text = f"{found.ratio:.2f} [{found.low:.2f}, {found.high:.2f}]"
        return Cell(text, found.ratio, found.low, found.high)

    def filling(self, side: Side, members: Sequence[Record]) -> str:
        """What fills an empty cell."""
        if side.name in self.problems:
            return self.problems[side.name]
        if members:
            first, seeds = members[0], _seeds(members)
            again = run_command(side, first.data.dataset, seeds, first, True, self.spec.name)
            why = first.metrics.not_fused.get(side.output)
            others = again.replace(" --restart", "")  # other runs: none of these is deleted
            if HELD_OUT in again:
                return f"no videos were held out to fit it on; another protocol holds some out: {others}"
            if not why and first.config.get("fit", {}).get("rules") == "own" and OWN_RULES not in again:
                return f"left out by {OWN_RULES}; without that: {others}"
            reason = f"not fitted: {why}" if why else "not in these records; a rerun adds it"
            return f"{reason}: {again}"
        like = self.records[0] if self.records else None
        command = run_command(side, self.dataset or "", self.spec.seeds, like, of=self.spec.name)
        other = command.startswith("harness table ") and not command.startswith(
            f"harness table {self.spec.name} "
        )
        return f"in a table of another protocol: {command}" if other else command

    def failed(self, side: Side, made: Collection[int]) -> str:
        """Why runs of this cell failed that have not been made since."""
        tried = [failure for part in side.parts for failure in of_setting(self.failures, part, self.varied)]
        found = [failure for failure in tried if self._here(failure)]
        reasons = {f.config["seed"]: f.reason for f in found if f.config["seed"] not in made}
        if not reasons:
            return ""
        seeds = ", ".join(str(seed) for seed in sorted(reasons))
        return f"failed, seed {seeds}: {reasons[min(reasons)]} (--run retries it)"

    def _here(self, failure: Failure) -> bool:
        """Whether the run that failed would have stood in this table."""
        data, first = failure.config["data"]["dataset"], self.records[0] if self.records else None
        if first and failure.config["train"] != first.config["train"]:
            return False
        return data == (first.data.dataset if first else self.dataset or data)

    def difference(self, row: Row) -> Cell:
        """To the baseline row: paired over pre-trained pairs and seeds; of one seed of both over videos."""
        assert self.spec.baseline is not None
        base, side = self.spec.rows[self.spec.baseline], row.side("top1")
        paired = self.paired(row, base)
        if row is base or side is None or not paired:
            return words("")
        members = self.members(side)
        both = (*members, *self.members(base.side("top1")))
        runs = run_ids(record for record in both if start_of(record) in paired)
        if len(paired) == 1:
            gaps = self.over_videos(side, base.side("top1"), members)
            # One seed is not compared with a mean over several.
            several = len({start_of(record) for record in both}) > 1
            return words("") if several else one_gap(next(iter(paired.values())), gaps, runs)
        gap = nested(paired, self.with_step(side)[1])
        fewer = f" (n={gap.pairs})" * (len(paired) < len({start_of(record) for record in members}))
        return replace(over_pairs(gap, "+", fewer), runs=runs)

    def over_videos(self, side: Side, base: Side | None, members: Sequence[Record]) -> list[Difference]:
        """Each record's own paired difference of a fusion rule to the average of the same streams."""
        if base is None or (side.name, side.pairs) != (base.name, base.pairs) or base.output != "average":
            return []
        found = [scores(record, side.output) for record in members]
        gaps = [each.to_average for each in found if isinstance(each, FusionScores) and each.to_average]
        return gaps if len(gaps) == len(members) else []

    def paired(self, row: Row, other: Row) -> dict[Start, float]:
        """Differences in top-1 by pre-trained pair and seed, of those that both rows have."""
        left, right = row.side("top1"), other.side("top1")
        if left is None or right is None:
            return {}
        ours, theirs = self.values(left), self.values(right)
        return {start: value - theirs[start] for start, value in ours.items() if start in theirs}

    def embolden(self, table: Table) -> None:
        """Bold: a row whose top-1 is above every other measured row's, paired, with correction."""
        if self.spec.baseline is None:
            return  # its rows are of several kinds: there is no best one
        column = first_measured(table)
        measured = [index for index, cells in enumerate(table.rows) if cells[column].value is not None]
        if len(measured) < 2:
            return
        rows = self.spec.rows
        best = max(measured, key=lambda index: table.rows[index][column].value or 0.0)
        rivals = [self.rivalry(rows[best], rows[other]) for other in measured if other != best]
        if any(rival is None or rival.differences.pairs < MIN_PAIRS for rival in rivals):
            return
        decisions = decide([[rival] for rival in rivals if rival is not None])
        if all(decision.word in (HOLDS, HOLDS_SMALL) for decision in decisions):
            table.rows[best][column] = replace(table.rows[best][column], bold=True)

    def rivalry(self, best: Row, other: Row) -> Order | None:
        """That the best row is above the other one."""
        left, right, paired = best.side("top1"), other.side("top1"), self.paired(best, other)
        if not (left and right and paired):
            return None
        return Order(nested(paired, self.with_step(left)[1]), 1, MARGIN)


def _seeds(members: Sequence[Record]) -> int:
    """Of `--seeds`, so many that it makes runs such as these again; seeds of a study are no small numbers."""
    if any(record.study for record in members):
        return len({start_of(record).pretraining for record in members})
    pairs = [record.starts_from.pair for record in members]
    own = [record.config["seed"] for record in members]
    return 1 + max(pair.seed if pair else seed for pair, seed in zip(pairs, own, strict=True))
