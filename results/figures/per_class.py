"""What a method gains over two independent streams, class by class: local stream against global stream."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from backbones.base.errors import UserError
from backbones.base.streams import STREAMS
from harness.record.schema import Record
from harness.student_t import mean, mean_half
from results.cell_commands import run_command
from results.claims.side import Side
from results.figures.model import Sheet, Source
from results.figures.parts.runs import candidates, chosen, origin, who
from results.figures.parts.style import BLACK, BLUE, GREY, ORANGE, canvas
from results.records import method_given, of_streams, protocol_id

BASELINE = "two_stream"
MOST_NAMES = 24
LEAST_SEEDS = 3  # of two seeds an interval by Student's t is wider than the panel
CROSSES = "crosses: 95 % interval over seeds (Student t), clipped at the panel's edge"
LOOKS = {
    (True, True): ("both gain", {"marker": "o", "markerfacecolor": BLACK, "markeredgecolor": BLACK}),
    (True, False): ("only local gains", {"marker": "^", "markerfacecolor": BLUE, "markeredgecolor": BLACK}),
    (False, True): (
        "only global gains",
        {"marker": "s", "markerfacecolor": ORANGE, "markeredgecolor": BLACK},
    ),
    (False, False): ("neither gains", {"marker": "X", "markerfacecolor": GREY, "markeredgecolor": BLACK}),
}


def data(source: Source) -> Sheet:
    """Gains in points of per-class top-1, paired by seed and split, with Student's t over them."""
    records = chosen(source, "per-class")
    pairs = _pairs(records, source)
    first = records[0]
    if not pairs:
        baseline = Side.parse(f"{BASELINE} @ own.top1")
        needed = run_command(baseline, "", 1 + first.config["seed"], first)
        raise UserError(
            f"figure 'per-class': no run of {BASELINE} under the protocol and with a seed of run {first.id}; "
            f"'{needed}' makes one"
        )
    classes = [_gain(name, pairs) for name in first.data.classes if name in first.metrics.local.per_class]
    counts = sorted({each["videos"] for each in classes})
    many = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else f"{counts[0]}"
    notes = [
        origin([ours for ours, _ in pairs]),
        f"minus {BASELINE}: {', '.join(theirs.id for _, theirs in pairs)}; each stream tested alone",
        f"a class has {many} test videos, so one video is worth {100 / max(counts[-1], 1):.1f} points; "
        + (CROSSES if len(pairs) >= LEAST_SEEDS else f"no intervals with fewer than {LEAST_SEEDS} seeds"),
    ]
    title = f"Gain per class over {BASELINE}: {who(records)}, n = {len(pairs)} seed{'s' * (len(pairs) > 1)}"
    return Sheet("per-class", title, {"baseline": BASELINE, "seeds": len(pairs), "classes": classes}, notes)


def _pairs(records: list[Record], source: Source) -> list[tuple[Record, Record]]:
    """Each record with the baseline of its seed and split; methods may differ, protocols not."""
    others = {
        (protocol_id(other), other.config["seed"], other.data.split): other
        for other in candidates(replace(source, method=BASELINE, run=None))
        if not method_given(other)
    }
    keys = [(record, (protocol_id(record), record.config["seed"], record.data.split)) for record in records]
    return [(record, others[key]) for record, key in keys if key in others and others[key].id != record.id]


def _gain(name: str, pairs: list[tuple[Record, Record]]) -> dict[str, Any]:
    found: dict[str, Any] = {"class": name, "videos": pairs[0][0].metrics.local.per_class[name].of}
    for stream in STREAMS:
        ours, theirs = (
            [of_streams(record)[stream].per_class[name].percent for record in records]
            for records in zip(*pairs, strict=True)
        )
        gains = [own - base for own, base in zip(ours, theirs, strict=True)]
        found[stream] = round(mean(gains), 9)  # gains and losses that cancel are no gain
        found[f"{stream}_half"] = mean_half(gains) if len(gains) > 1 else None
    return found


def draw(made: Sheet) -> Any:
    classes = made.data["classes"]
    figure = canvas(made, 8.6, 5.4)
    axes = figure.subplots()
    axes.axhline(0, color=BLACK, linewidth=0.7)
    axes.axvline(0, color=BLACK, linewidth=0.7)
    for gains, (label, look) in LOOKS.items():
        group = [each for each in classes if (each["local"] > 0, each["global"] > 0) == gains]
        if group:
            _group(axes, group, label, look, made.data["seeds"] >= LEAST_SEEDS)
    _limits(axes, classes)
    key = _numbers(axes, classes)
    axes.set_xlabel("gain of the local stream, percentage points of top-1")
    axes.set_ylabel("gain of the global stream, percentage points of top-1")
    axes.grid(alpha=0.3)
    title = f"{key}\n\nover {made.data['baseline']}"
    legend = axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1), title=title, alignment="left")
    legend.get_title().set_fontsize(7.5)
    return figure


def _group(axes: Any, group: list[dict[str, Any]], label: str, look: dict[str, Any], crosses: bool) -> None:
    halves = {
        axis: [each[f"{stream}_half"] if crosses else 0.0 for each in group]
        for axis, stream in (("xerr", "local"), ("yerr", "global"))
    }
    axes.errorbar([each["local"] for each in group], [each["global"] for each in group], linestyle="",
                  markersize=6, ecolor=GREY, elinewidth=0.5, label=f"{label} ({len(group)})",
                  **halves, **look)  # fmt: skip


def _limits(axes: Any, classes: list[dict[str, Any]]) -> None:
    """Around the points: an interval may leave the panel."""
    for setter, stream in ((axes.set_xlim, "local"), (axes.set_ylim, "global")):
        values = [0.0, *(each[stream] for each in classes)]
        room = 0.25 * (max(values) - min(values)) or 1.0
        setter(min(values) - room, max(values) + room)


def _numbers(axes: Any, classes: list[dict[str, Any]]) -> str:
    """Numbers the classes that are furthest from the middle; returns what the numbers mean."""
    far = sorted(classes, key=lambda each: -abs(each["local"]) - abs(each["global"]))[:MOST_NAMES]
    places: dict[tuple[float, float], list[str]] = {}
    for number, each in enumerate(far, start=1):
        places.setdefault((round(each["local"], 1), round(each["global"], 1)), []).append(str(number))
    for place, numbers in places.items():
        axes.annotate(", ".join(numbers), place, (5, 4), textcoords="offset points", fontsize=7)
    return "\n".join(f"{number:2} {each['class']}" for number, each in enumerate(far, start=1))
