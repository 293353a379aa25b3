"""What stands under a table: on what it was measured, what varied, how to read its cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from backbones.base.plain_text import counted
from backbones.base.streams import STREAMS, PerStream
from harness.config.difference import as_yaml
from harness.config.labels import NOT_USED
from harness.record.schema import Record
from methods.catalogue import uses_own_networks
from results import step_times as steps
from results.claims.claims import by_id
from results.claims.protocols import unlike
from results.matching import where
from results.records import can_fail, of_streams, scores, share, streams
from results.statistics.orders import MIN_PAIRS
from results.tables.choice import Choice, contrast
from results.tables.model import Table, split_command
from results.tables.spec import STEP_TIME, Spec

FEW = 3
UNIT = "accuracies and other shares in % of the test videos"
WORDS = {"dominance.agreement": "dominant stream correct"}


def footer(spec: Spec, choice: Choice, table: Table) -> list[str]:
    if not any(cell.runs for row in table.rows for cell in row):
        lines = ["nothing measured yet: the footnotes give the commands that fill the cells"]
        return lines + _quoted(spec) + [f"note: {note}" for note in spec.notes] + _not_mixed(spec, choice)
    lines = [_measured_on(choice), UNIT, *_intervals(choice.records, table), *_too_few(table)]
    if spec.baseline is not None and any(row[-1].runs for row in table.rows):
        lines.append(_differences(spec))
    if STEP_TIME in spec.metrics and steps.where():
        lines.append(
            "step time: relative to two_stream, median and quartiles over pairs of neighbouring training "
            f"steps in one run of scripts/bench_methods.py ({steps.where()})"
        )
    if spec.paper and choice.records[0].data.dataset != spec.paper:
        lines.append(
            f"reported numbers are on {spec.paper}: only the order can be compared with measured ones"
        )
    lines += _quoted(spec)
    lines += _of_how_many(spec, choice.records)
    if any(metric.endswith("top5") for metric in spec.metrics) and (said := top_k(choice.records)):
        lines.append(said)
    if spec.own_networks:
        lines += _own_networks(choice.records)
    lines += [f"note: {note}" for note in spec.notes]
    lines += _of_other_settings(spec, choice, table)
    return lines + _of_studies(choice.records, table) + _not_mixed(spec, choice)


def _quoted(spec: Spec) -> list[str]:
    """Which reported numbers were not seen in the paper itself."""
    found: dict[str, list[str]] = {}
    for row in spec.rows:
        for claim in (by_id()[name] for _, name in row.claims):
            if claim.provenance == "quoted":
                found.setdefault(claim.source or claim.where, []).append(f"{claim.value} ({row.label})")
    return [f"quoted, as seen in {where}: {', '.join(numbers)}" for where, numbers in found.items()]


def _measured_on(choice: Choice) -> str:
    # Of a method that leaves one stream out the labels say less.
    first = min(choice.records, key=lambda record: NOT_USED in record.labels.values())
    kinds = {streams(each) for each in choice.records if _has_both(each)}
    place = where(first)
    if len(kinds) > 1:  # as the rows of networks compared have
        place = place.replace(
            streams(first), f"{len(kinds)} pairs of networks, of which each row names its own"
        )
    devices = dict.fromkeys(_device(record) for record in choice.records)
    return (
        f"measured on {place}: {first.data.found.get('test', 0)} test videos, "
        f"{_lost(choice.records)}; {first.resolved.get('precision')}, {' and '.join(devices)}; "
        f"harness {first.harness_version}, identity {first.identity}, protocol {choice.key}"
    )


def _has_both(record: Record) -> bool:
    """Whether it is of the two streams that rows name, not of one alone or of networks of a method's own."""
    own = uses_own_networks(record.config["method"]["name"])
    return not own and NOT_USED not in record.labels.values()


def _of_how_many(spec: Spec, records: Sequence[Record]) -> list[str]:
    """Where a column is not of all test videos: of those whose truth is known, or of a family."""
    counts: dict[int, list[str]] = {}
    for metric in spec.metrics:
        full = metric if "." in metric else f"own.{metric}"  # a row's own output, on the same videos
        found = [(each.of, _all_videos(record)) for record in records if (each := share(record, full))]
        for n in dict.fromkeys(videos for videos, of in found if videos < of):
            counts.setdefault(n, []).append(WORDS.get(metric, metric.replace("own", "fused")))
    listed = [
        f"{'every column' if len(names) == len(spec.metrics) else ', '.join(names)}: {n}"
        for n, names in counts.items()
    ]
    return [f"columns over fewer test videos: {'; '.join(listed)}"] if listed else []


def top_k(records: Iterable[Record]) -> str:
    """What "top5" of these records is, where it is another top-k (`Scores.k`); "" where it is top-5."""
    known = [(record, found) for record in records if (found := scores(record, "own"))]
    if sure := sorted({found.k for record, found in known if not can_fail(record, found)}):
        classes = " or ".join(map(str, sure))
        return f"top-5 is left out: of {classes} classes top-{classes} cannot fail"
    ks = sorted({found.k for _, found in known} - {5})
    return f"top5 is top-{' or top-'.join(map(str, ks))} here: top-5 could hardly fail" if ks else ""


def _all_videos(record: Record) -> int:
    """Those that are named in the line on what was measured: families that stand apart included."""
    return record.data.found.get("test", 0)


def _own_networks(records: Sequence[Record]) -> list[str]:
    named = {
        record.config["method"]["name"]: streams(record)
        for record in records
        if uses_own_networks(record.config["method"]["name"])
    }
    listed = "; ".join(f"{method} {networks}" for method, networks in named.items())
    line = f"using their own networks, on flow and RGB of the local stream's clips: {listed}"
    return [line] if listed else []


def _device(record: Record) -> str:
    found = record.environment
    return str(found.get("device_name") or found.get("device") or "device not stated")


def _lost(records: Sequence[Record]) -> str:
    """The test videos that could not be read, in any of the runs."""
    names = list(dict.fromkeys(name for record in records for name in record.data.failed.get("test", {})))
    if not names:
        return "all could be read"
    shown = ", ".join(names[:FEW]) + (f" and {len(names) - FEW} more" if len(names) > FEW else "")
    return f"{len(names)} that a run could not read, counted as wrong there ({shown})"


def _intervals(records: Sequence[Record], table: Table) -> list[str]:
    counts = {cell.n for row in table.rows for cell in row if cell.n}
    lines = []
    if max(counts, default=0) > 1:
        lines.append(
            "a ± b (n): mean and 95 % interval over n pre-trainings (Student t)" + _of_a_seed(records)
        )
    if 1 in counts:
        lines.append(
            "a [b, c]: one seed, 95 % interval over the test videos "
            f"({' or '.join(_methods(records))}); it says nothing about other pre-trainings"
        )
    return lines


def _of_a_seed(records: Sequence[Record]) -> str:
    """What a seed sets in runs that start from no pre-trained pair: there, each seed is a replicate."""
    alone = [record for record in records if record.starts_from.pair is None]
    if not alone:
        return ""
    how, sets = "trained from scratch", "the initial weights"
    if any(map(_loaded, alone)):
        how, sets = "without a pre-trained pair", "the weights that are not loaded"
    return f"; {how}, each seed is one: it sets {sets} and the order, crops and flips of the training videos"


def _loaded(record: Record) -> bool:
    """Whether a stream that is used starts from weights."""
    starts = PerStream(record.starts_from.local, record.starts_from.glob)
    return any(starts[name].kind != "scratch" and record.labels[name] != NOT_USED for name in STREAMS)


def _methods(records: Sequence[Record]) -> list[str]:
    """How the intervals of accuracies over videos were made; where videos come in groups, by the wider."""
    found = [(*of_streams(record).values(), *record.metrics.fusion.values()) for record in records]
    every = [each for metrics in found for each in metrics]
    return sorted({each.top1.method for each in every})


def first_measured(table: Table) -> int:
    return next(index for index, heading in enumerate(table.columns) if "↑" in heading)


def _too_few(table: Table) -> list[str]:
    column = first_measured(table)
    counts = {row[0].text: [row[at].n for at in (column, -1) if row[at].n] for row in table.rows}
    thin = [label for label, found in counts.items() if found and min(found) < MIN_PAIRS]
    if not thin:
        return []
    which = "all measured rows" if len(thin) > FEW else ", ".join(thin)
    if len(thin) > FEW and len(thin) < sum(bool(row[column].n) for row in table.rows):
        which = f"{len(thin)} rows"
    return [f"fewer than {MIN_PAIRS} pre-trainings, too few to rank: {which}"]


def _differences(spec: Spec) -> str:
    assert spec.baseline is not None
    base = spec.rows[spec.baseline]
    side = base.side("top1")
    rules = side is not None and side.output == "average"
    return (
        f"Δ: difference to '{base.label}' in percentage points, paired, with its 95 % interval over "
        "pre-trainings; one seed is not compared with a mean"
        + "; of rules on the same streams of one run: over its test videos" * rules
        + f"; bold: above all others (at least {MIN_PAIRS} pre-trainings, step-down, 5 %)"
    )


def _of_other_settings(spec: Spec, choice: Choice, table: Table) -> list[str]:
    """Beside the empty row of a method: its runs with settings that no row has."""
    shown = {cells[0].text: cells for cells in table.rows}  # rows may be left out
    rows = [(row, shown[row.label]) for row in spec.rows if row.label in shown]
    empty = [row for row, cells in rows if not any(cell.runs for cell in cells)]
    named = {side.name for row in empty if (side := row.side("top1"))}
    used = {run for cells in table.rows for cell in cells for run in cell.runs}
    found: dict[str, int] = {}
    for record in choice.records:
        method = record.config["method"]
        if record.id not in used and method["name"] in named:
            listed = ", ".join(f"{key}={as_yaml(value)}" for key, value in method["settings"].items())
            label = f"{method['name']} ({listed})" if listed else method["name"]
            found[label] = found.get(label, 0) + 1
    most = sorted(found.items(), key=lambda each: -each[1])
    listed = "; ".join(f"{counted(n, 'record')} of {label}" for label, n in most[:FEW])
    listed += f"; {sum(n for _, n in most[FEW:])} more" * (len(most) > FEW)
    return [f"not shown, since no row has these settings: {listed}"] if listed else []


def _of_studies(records: Sequence[Record], table: Table) -> list[str]:
    """Beside runs of a study, what the commands of empty cells make is no arm of it."""
    names = list(dict.fromkeys(record.study.name for record in records if record.study))
    if not (names and any(split_command(note)[1] for note in table.footnotes())):
        return []
    return [
        f"runs of the study {' and '.join(names)}: each pre-training has clips of its own; the commands "
        "above start others, which are not paired with these (harness study run, of a plan with such arms, "
        "makes runs that are)"
    ]


def _not_mixed(spec: Spec, choice: Choice) -> list[str]:
    lines = []
    others = sorted(choice.others.items(), key=lambda other: -len(other[1]))
    for key, records in others[:FEW]:
        differing = contrast(records[0], choice.records[0], spec.free)
        listed = "; ".join(differing[:FEW]) + (
            f" and {len(differing) - FEW} more" if len(differing) > FEW else ""
        )
        count = counted(len(records), "record")
        lines.append(f"not included: {count} of another protocol ({listed}; --protocol {key} shows them)")
    if more := others[FEW:]:
        left = sum(len(records) for _, records in more)
        keys = ", ".join(key for key, _ in more)
        lines.append(f"not included: {left} more, of {len(more)} other protocols ({keys})")
    return lines + _foreign(spec, choice.foreign)


def not_on_its_data(spec: Spec, records: Sequence[Record]) -> list[str]:
    """Runs on other data: than that of a table of one data set's measured numbers, or than a paper names."""
    if not records:
        return []
    places = ", ".join(dict.fromkeys(record.data.dataset for record in records))
    count = counted(len(records), "record")
    if spec.fixed:
        why = f"the measured numbers of this table are of {spec.fixed} alone"
    else:
        shown = " or ".join(f"--dataset {name}" for name in places.split(", "))
        why = f"this paper names no such data; {shown} shows them"
    return [f"not included: {count} on {places}; {why}"]


def _foreign(spec: Spec, records: Sequence[Record]) -> list[str]:
    """Runs under another preset, whose streams see other things than the paper's."""
    by_preset: dict[str, list[Record]] = {}
    for record in records:
        by_preset.setdefault(record.config["preset"], []).append(record)
    lines = []
    for name, found in by_preset.items():
        differing = "; ".join(unlike(found[0], spec.rows[0].preset))
        count = counted(len(found), "record")
        lines.append(f"not included: {count} under preset {name}, whose streams see other "
                     f"things ({differing})")  # fmt: skip
    return lines
