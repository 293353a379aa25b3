"""A finished run's tables, from its record alone. No torch."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from backbones.base.plain_text import counted
from harness.config.labels import NOT_USED
from harness.console.columns import show
from harness.console.console import duration
from harness.console.signed import signed
from harness.data.registry import DATASETS
from harness.record.reading import on_validation, tested
from harness.record.schema import (
    FusionScores,
    Metrics,
    Record,
    RunRecord,
    Scores,
    Share,
    StreamCost,
    StreamMetrics,
)

REPEATS = ("global_only",)  # this rule is one stream, whose row stands in the table above


def show_run(console: Console, record: RunRecord) -> None:
    """Prints what the run's record has: of test videos, of validation videos, or of training alone."""
    if shown := tested(record) or on_validation(record):
        show_record(console, shown)
        return
    console.print("pre-training: its streams were tested on no videos")
    _show_cost(console, record)
    _print(console, _notes(record))


def _print(console: Console, lines: Sequence[str | Text]) -> None:
    """Names of strangers are in them: no markup."""
    for line in lines:
        console.print(line, soft_wrap=True, markup=False, emoji=False)


def show_record(console: Console, record: Record) -> None:
    """Prints accuracy, families, fusion rules, dominance, cost, data and timings."""
    _show_accuracy(console, record)
    if record.metrics.local.per_family:
        _show_families(console, record)
    show_fusions(console, record.metrics, record.fusion, f"{videos_of(record)}, measured, run {record.id}")
    for line in _dominance(record):
        console.print(line, markup=False, emoji=False)
    _show_cost(console, record)
    _print(console, _notes(record))


def videos_of(record: RunRecord) -> str:
    """What its metrics are of, with the families that its headline numbers leave out."""
    part = record.config.get("test", {}).get("part", "test")
    apart = f" (without {', '.join(record.data.apart)})" if record.data.apart else ""
    return f"{part} videos{apart}"


def percent(share: Share) -> str:
    """A share of videos in percent."""
    return f"{share.percent:.1f}"


def interval(share: Share) -> str:
    """Its 95 % interval in percent."""
    return f"{share.low:.1f} to {share.high:.1f}"


def rows(record: Record) -> dict[str, Scores]:
    """The scores of each stream and each fusion rule, by the label that tables show."""
    found = {"local": record.metrics.local, "global": record.metrics.glob}
    streams: dict[str, Scores] = {
        f"{name}: {record.labels[name]}": each
        for name, each in found.items()
        if record.labels[name] != NOT_USED
    }
    own = {
        name: f"fusion: {name}" + (" *" if name == record.fusion else "") for name in record.metrics.fusion
    }
    return streams | {own[name]: scores for name, scores in record.metrics.fusion.items()}


def headline(record: Record) -> dict[str, Scores]:
    """Of `rows`: the streams, average fusion and the method's own rule."""
    shown = ("local:", "global:", "fusion: average", f"fusion: {record.fusion} *")
    return {name: scores for name, scores in rows(record).items() if name.startswith(shown)}


def show_fusions(console: Console, metrics: Metrics, own: str, of: str) -> None:
    """Prints each rule's difference to average fusion and calibration, and why a rule was not fitted.

    of: which videos of which run, for the title.
    """
    n = metrics.local.top1.of
    title = f"Fusion rules on {n} {of}"
    headings = ("", "top-1 % ↑", "vs average", "95 % interval", "NLL ↓", "ECE % ↓")
    lines = [
        _fusion_row(name + (" *" if name == own else ""), scores)
        for name, scores in metrics.fusion.items()
        if name == own or name not in REPEATS
    ]
    for name, reason in metrics.not_fused.items():
        state = "failed" if reason.startswith("failed") else "not fitted"
        lines.append((name + (" *" if name == own else ""), state, *["–"] * 4))
    show(console, title, headings, lines)
    _print(console, _fusion_notes(metrics))


def _fusion_row(name: str, scores: FusionScores) -> tuple[str, ...]:
    gap = scores.to_average
    return (
        name,
        percent(scores.top1),
        signed(gap.points, 1) if gap else "–",
        f"{signed(gap.low, 1)} to {signed(gap.high, 1)}" if gap else "–",
        f"{scores.nll:.3f}" if scores.nll is not None else "–",
        f"{scores.ece:.1f}" if scores.ece is not None else "–",
    )


def _chosen(scores: FusionScores) -> str:
    return ", ".join(
        f"{key} {value:.2f}" if isinstance(value, float) else f"{key} {value}"
        for key, value in scores.learned.items()
    )


def _fusion_notes(metrics: Metrics) -> list[str | Text]:
    fitted = {name: scores for name, scores in metrics.fusion.items() if scores.fitted_on}
    gaps = [scores.to_average for scores in metrics.fusion.values() if scores.to_average]
    methods = {gap.method for gap in gaps if gap.gained + gap.lost}
    lines: list[str | Text] = []
    lines += [f"vs average: percentage points; intervals: {', '.join(sorted(methods))}"] if methods else []
    if fitted:
        seconds = sum(scores.fit_s for scores in fitted.values())
        videos = " or ".join(sorted({str(scores.fitted_on) for scores in fitted.values()}))
        lines.append(
            f"{', '.join(fitted)}: fitted on {videos} videos that the streams were not trained on "
            f"({seconds:.1f} s); intervals hold for these trained streams only"
        )
        chosen = [f"{name} {_chosen(scores)}" for name, scores in fitted.items() if scores.learned]
        lines += [f"fitted parameters: {'; '.join(chosen)}"] if chosen else []
    by_reason: dict[str, list[str]] = {}
    for name, reason in metrics.not_fused.items():
        by_reason.setdefault(reason, []).append(name)
    for reason, names in by_reason.items():
        warning = "warning: fusion rule " if reason.startswith("failed") else "not fitted: "
        lines.append(Text(f"{warning}{', '.join(names)}: {reason}", "yellow"))
    if metrics.oracle:
        bound = f"{percent(metrics.oracle)} % ({interval(metrics.oracle)})"
        lines.append(
            f"oracle: at least one stream is right on {bound}; an upper bound for choosing one, not a rule"
        )
    return lines


def _show_accuracy(console: Console, record: Record) -> None:
    total = record.metrics.local.top1.of
    title = f"Accuracy in % of {total} {videos_of(record)}, measured, run {record.id}"
    k = record.metrics.local.k
    tells = k < len(record.data.classes)  # otherwise it is always 100
    headings = ["", "top-1 ↑", "95 % interval", *[f"top-{k} ↑"] * tells, "clip top-1 ↑"]
    lines = []
    for name, scores in headline(record).items():
        clip = percent(scores.clip_top1) if isinstance(scores, StreamMetrics) else "–"
        top5 = [percent(scores.top5)] * tells
        lines.append([name, percent(scores.top1), interval(scores.top1), *top5, clip])
    show(console, title, headings, lines)


def _of_family(scores: Scores, family: str) -> str:
    found = scores.per_family.get(family)
    return percent(found) if found else "–"


def _show_families(console: Console, record: Record) -> None:
    families = record.metrics.local.per_family
    headings = ["", *(f"{name} (n={share.of})" for name, share in families.items())]
    lines = [
        [name, *(_of_family(scores, family) for family in families)]
        for name, scores in headline(record).items()
    ]
    show(console, "Top-1 in % by family of classes ↑", headings, lines)


def _dominance(record: Record) -> list[str]:
    facts = record.metrics.dominance
    lines = [
        f"dominance (confidence by equation 1): the local stream dominates {percent(facts.local)} % of "
        f"{facts.local.of} videos; its mean adaptive weight is {facts.mean_weight_local:.3f}; the larger top "
        f"score picks the same stream on {percent(facts.max_softmax)} %"
    ]
    if facts.agreement:
        by_family = ", ".join(f"{name} {percent(share)} %" for name, share in facts.per_family.items())
        lines.append(
            f"dominance agreement: of {facts.agreement.of} videos where one stream is known to be right, "
            f"that stream dominates on {percent(facts.agreement)} % ({by_family})"
        )
    return lines


def _show_cost(console: Console, record: RunRecord) -> None:
    title = "Cost of one view (full networks: counted at their published input, not run)"
    headings = ("", "input", "M param.", "G MACs", "views", "ms", "device")
    lines = [_cost_row(f"{stream}: {cost.label}", cost) for stream, cost in record.cost.run.items()]
    lines += [_cost_row(f"full: {cost.label}", cost) for cost in record.cost.full.values()]
    show(console, title, headings, lines)


def _cost_row(name: str, cost: StreamCost) -> tuple[str, ...]:
    return (
        name,
        f"{cost.frames}x{cost.size}x{cost.size}",
        f"{cost.parameters / 1e6:.2f}",
        f"{cost.macs / 1e9:.3g}",
        str(cost.views),
        f"{cost.latency_ms:.1f}" if cost.latency_ms is not None else "–",
        f"{cost.device} {cost.precision}" if cost.device else "–",
    )


def _notes(record: RunRecord) -> list[str | Text]:
    timings, data = record.timings, record.data
    failed = {part: len(names) for part, names in data.failed.items() if names}
    shown = record.metrics or record.validation
    lines: list[str | Text] = []
    lines += [f"* the method's own fusion rule; intervals: {shown.local.top1.method}"] if shown else []
    lines += [
        f"trained {counted(timings.steps, 'step')} in {duration(timings.train_s)} "
        f"({timings.videos_per_s:.1f} videos/s, "
        f"{100 * timings.data_wait_share:.0f} % of it waiting for clips), "
        f"tested in {duration(timings.test_s)}; selection: {record.selection}",
    ]
    sources = {stream: report["source"] for stream, report in record.weights.items() if report}
    lines += [f"initial weights of the {stream} stream: {text}" for stream, text in sources.items()]
    if timings.cross_fit_s:
        folds = record.config["fit"]["folds"]
        lines.append(f"cross-fitting: {folds} more trainings, {duration(timings.cross_fit_s)}")
    if failed:
        counts = ", ".join(f"{count} of {data.found[part]} {part}" for part, count in failed.items())
        lines.append(
            Text(f"videos that could not be decoded: {counts}; test videos count as wrong", "yellow")
        )
        named = [f"{name} ({reason})" for names in data.failed.values() for name, reason in names.items()]
        more = f" and {len(named) - 3} more" if len(named) > 3 else ""
        lines.append("; ".join(named[:3]) + more + ": failed_videos.json has all")
    dataset = DATASETS.find(data.dataset)
    caveat = dataset.caveat if dataset else ""
    if caveat:
        lines.append(Text(f"{data.dataset}: {caveat}", "dim"))
    return lines
