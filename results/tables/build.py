"""From a table's rows and the records to its cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from backbones.errors import UserError
from harness.record import Record
from results.matching import VARIED, of_setting, run_command, where
from results.records import Loaded, by_seed, groups, measure, scores
from results.setting import Side
from results.statistics import holm, mean, mean_half, p_of_zero_mean
from results.tables.catalogue import Row, Spec
from results.tables.model import Cell, Table, words
from results.verdict import MIN_SEEDS

HEADINGS = {"top1": "top-1", "top5": "top-5"}
DASH = "—"


@dataclass(frozen=True)
class Choice:
    """records: of one protocol. others: how many of which other protocols were left out."""

    key: str
    records: list[Record]
    others: dict[str, int]


def build(spec: Spec, loaded: Loaded, dataset: str | None, seeds: int | None, protocol: str | None) -> Table:
    """The table, filled from the records of one protocol. dataset, protocol: None takes what fills most."""
    asked = dataset or spec.fixed or None
    records = [
        record
        for record in loaded.records
        if asked in (None, record.data.dataset) and (seeds is None or record.config["seed"] < seeds)
    ]
    choice = choose(spec, records, protocol)
    spec = with_other_rules(spec, choice.records)
    title = f"{spec.title}; reported on {spec.paper}" if spec.paper else spec.title
    table = Table(spec.name, title, _headings(spec))
    for row in spec.rows:
        table.rows.append(_row(spec, row, choice.records, asked))
    _embolden(spec, table, choice.records)
    table.footer = [*_footer(spec, choice), *(f"left out: {problem}" for problem in loaded.problems)]
    return table


def choose(spec: Spec, records: Sequence[Record], protocol: str | None) -> Choice:
    """The protocol whose records fill most rows; of equal ones the latest."""
    found = groups(records, spec.free)
    if protocol is not None and protocol not in found:
        known = ", ".join(found) or "none"
        raise UserError(f"no records of protocol '{protocol}' for this table; there are {known}")
    if not found:
        return Choice("", [], {})
    filled = {
        key: (sum(bool(_of_row(spec, row, members)) for row in spec.rows), max(r.finished for r in members))
        for key, members in found.items()
    }
    key = protocol or max(found, key=lambda name: filled[name])
    others = {name: len(members) for name, members in found.items() if name != key and filled[name][0]}
    return Choice(key, found[key], others)


def with_other_rules(spec: Spec, records: Sequence[Record]) -> Spec:
    """The table of fusion rules shows every rule that the records have, the paper's first."""
    if spec.name != "fusion":
        return spec
    shown = {row.label for row in spec.rows}
    rules = dict.fromkeys(rule for record in records for rule in record.metrics.fusion)
    more = tuple(Row(rule, f"mbd @ {rule}") for rule in rules if rule not in shown)
    return replace(spec, rows=spec.rows + more)


def _of_row(spec: Spec, row: Row, records: Sequence[Record]) -> list[Record]:
    side = row.side("top1")
    return of_setting(records, side, [key for key in VARIED if key in spec.free]) if side else []


def _headings(spec: Spec) -> list[str]:
    shown = [""]
    for metric in spec.metrics:
        shown += [f"{HEADINGS[metric]} reported"] * bool(spec.paper)
        shown.append(f"{HEADINGS[metric]} measured ↑")
    return shown + ["Δ top-1"] * (spec.baseline is not None)


def _row(spec: Spec, row: Row, records: Sequence[Record], dataset: str | None) -> list[Cell]:
    cells = [words(row.label)]
    members = _of_row(spec, row, records)
    for metric in spec.metrics:
        if spec.paper:
            cells.append(_reported(dict(row.reported).get(metric)))
        cells.append(_measured(row.side(metric), members, records, dataset or spec.fixed))
    if spec.baseline is not None:
        cells.append(_difference(spec, row, members, records))
    return cells


def _reported(text: str | None) -> Cell:
    try:
        return Cell(text or "", float(text) if text else None)
    except ValueError:
        return Cell(text or "")


def _measured(side: Side | None, members: Sequence[Record], records: Sequence[Record], dataset: str) -> Cell:
    if side is None:
        return words("")
    values = by_seed(members, side.metric)
    if not values:
        return Cell(DASH, footnote=_filling(side, members, records, dataset))
    runs = tuple(record.id for record in members if measure(record, side.metric) is not None)
    numbers = list(values.values())
    if len(numbers) == 1:
        return _one_seed(side, members, numbers[0], runs)
    centre, half = mean(numbers), mean_half(numbers)
    text = f"{centre:.1f} ± {half:.1f} (n={len(numbers)})"
    return Cell(text, centre, centre - half, centre + half, len(numbers), runs)


def _one_seed(side: Side, members: Sequence[Record], value: float, runs: tuple[str, ...]) -> Cell:
    """With the record's own interval over videos, where the value is of one record."""
    if len(runs) > 1:
        return Cell(f"{value:.1f}", value, n=1, runs=runs)
    found = scores(next(record for record in members if record.id == runs[0]), side.output)
    share = getattr(found, side.metric.partition(".")[2])
    return Cell(f"{value:.1f} [{share.low:.1f}, {share.high:.1f}]", value, share.low, share.high, 1, runs)


def _filling(side: Side, members: Sequence[Record], records: Sequence[Record], dataset: str) -> str:
    """What fills an empty cell."""
    if members:
        again = run_command(side, members[0].data.dataset, len(members), members[0])
        return f"not in these records; made again they have it: {again} --restart"
    return run_command(side, dataset or "DATASET", 5, records[0] if records else None)


def _difference(spec: Spec, row: Row, members: Sequence[Record], records: Sequence[Record]) -> Cell:
    """To the baseline row, paired over seeds."""
    assert spec.baseline is not None
    base, side = spec.rows[spec.baseline], row.side("top1")
    differences = _paired(spec, row, base, records)
    if row is base or side is None or not differences:
        return words("")
    runs = tuple(record.id for record in (*members, *_of_row(spec, base, records)))
    centre, half, n = mean(differences), mean_half(differences), len(differences)
    if n == 1:
        return Cell(f"{centre:+.1f}", centre, n=1, runs=runs)
    return Cell(f"{centre:+.1f} ± {half:.1f}", centre, centre - half, centre + half, n, runs)


def _paired(spec: Spec, row: Row, other: Row, records: Sequence[Record]) -> list[float]:
    """Differences in top-1 over the seeds that both rows have."""
    left, right = row.side("top1"), other.side("top1")
    if left is None or right is None:
        return []
    ours = by_seed(_of_row(spec, row, records), left.metric)
    theirs = by_seed(_of_row(spec, other, records), right.metric)
    return [value - theirs[seed] for seed, value in ours.items() if seed in theirs]


def _embolden(spec: Spec, table: Table, records: Sequence[Record]) -> None:
    """Bold: a row whose top-1 is above every other measured row's, paired over seeds, Holm in the table."""
    column = next(index for index, heading in enumerate(table.columns) if "measured" in heading)
    measured = [index for index, cells in enumerate(table.rows) if cells[column].value is not None]
    if len(measured) < 2:
        return
    best = max(measured, key=lambda index: table.rows[index][column].value or 0.0)
    rivals = [
        _paired(spec, spec.rows[best], spec.rows[other], records) for other in measured if other != best
    ]
    enough = all(len(differences) >= MIN_SEEDS for differences in rivals)
    if enough and max(holm([p_of_zero_mean(differences) for differences in rivals])) < 0.05:
        table.rows[best][column] = replace(table.rows[best][column], bold=True)


def _footer(spec: Spec, choice: Choice) -> list[str]:
    if not choice.records:
        return ["nothing measured yet: the footnotes say what fills the cells"]
    first = choice.records[0]
    failed = {record.id: len(record.data.failed.get("test", {})) for record in choice.records}
    videos, lost = first.data.found.get("test", 0), max(failed.values())
    lines = [
        f"measured on {where(first)}: {videos} test videos, at most {lost} undecodable (counted as wrong), "
        f"{first.resolved.get('precision')}, {first.environment.get('device', 'device not stated')}, "
        f"harness {first.harness_version}, schema {first.schema_version}, protocol {choice.key}",
        "a ± b (n): mean and 95 % interval of the mean over n seeds (Student t); a [b, c]: one seed, 95 % "
        f"interval over videos ({first.metrics.local.top1.method}), nothing about other seeds",
    ]
    if spec.baseline is not None:
        base = spec.rows[spec.baseline].label
        lines.append(f"Δ: to '{base}', paired over seeds, 95 % interval; bold: above all, Holm, p < 0.05")
    if spec.paper and first.data.dataset != spec.paper:
        lines.append(f"reported numbers are of {spec.paper}: only their order can be compared with these")
    for key, count in choice.others.items():
        lines.append(f"not mixed in: {count} records of another protocol (--protocol {key} shows them)")
    return lines
