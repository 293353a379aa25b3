"""What a method gains over two independent streams, class by class: local stream against global stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from backbones.base.errors import UserError
from backbones.base.plain_text import counted
from backbones.base.streams import STREAMS
from harness.papers.registry import PAPERS
from harness.record.schema import Record
from results.cell_commands import run_command
from results.claims.side import Side
from results.figures.model import Sheet, Source
from results.figures.parts.labels import label
from results.figures.parts.marks import MEANINGS, with_intervals
from results.figures.parts.runs import candidates, chosen, few, origin, who
from results.figures.parts.style import BLACK, BLUE, GREY, ORANGE, canvas
from results.records import method_given, of_streams, protocol_id
from results.statistics.nested import Nested
from results.statistics.starts import Start, start_of

BASELINE = "two_stream"
Key = tuple[str, Start, str]  # protocol, pre-trained pair and seed, split
MOST_ROWS = 40
MOST_NAMES = 16
LEAST = 3  # pre-trainings: of two an interval by Student's t is wider than the panel
BEYOND = (
    "the local stream cannot see what tells global-… classes apart, nor the global stream local-… ones: a "
    "gain there means that the stream gives this answer more often to all classes of the family"
)
CROSSES = "95 % intervals over pre-trainings (Student t)"
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
    """Gains in points of per-class top-1, paired by seed and split, with Student's t over pre-trainings
    (joint seeds and official splits of one are averaged first); of classes that have test videos.

    The setting is one that has runs of the baseline to pair with, and most of them. A `UserError` where none
    has.
    """
    others = _baselines(source)
    records = chosen(source, "per-class", lambda _, record: _baseline_of(record, others) is not None)
    pairs = [(record, other) for record in records if (other := _baseline_of(record, others))]
    first = records[0]
    if not pairs:
        raise UserError(f"figure 'per-class': {_lacking(first)}")
    tested = [name for name in first.data.classes if _has_videos(name, pairs)]
    classes = [_gain(name, pairs) for name in tested]
    count = len({start_of(record).pretraining for record, _ in pairs})
    counts = sorted({each["videos"] for each in classes})
    many = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else f"{counts[0]}"
    notes = [
        origin([ours for ours, _ in pairs]),
        f"minus {BASELINE}: {few([theirs.id for _, theirs in pairs])}; each stream tested alone",
        f"a class has {many} test videos, so one video is worth {100 / max(counts[-1], 1):.1f} points; "
        + (CROSSES if count >= LEAST else f"no intervals with fewer than {LEAST} pre-trainings"),
    ]
    notes += ["rows: from the largest sum of both streams' gains to the smallest"] * (
        len(classes) <= MOST_ROWS
    )
    notes += [BEYOND] * (first.data.dataset == "localglobal")
    title = f"Gain per class over {BASELINE}: {who(records)}, n = {counted(count, 'pre-training')}"
    found = {"baseline": BASELINE, "pretrainings": count, "classes": classes}
    return Sheet("per-class", title, found, notes)


def _key(record: Record) -> Key:
    """What a record and its baseline share: methods may differ, protocols not."""
    return protocol_id(record), start_of(record), record.data.split


def _baselines(source: Source) -> dict[Key, Record]:
    found = candidates(replace(source, method=BASELINE, run=None))
    return {_key(record): record for record in found if not method_given(record)}


def _baseline_of(record: Record, others: Mapping[Key, Record]) -> Record | None:
    found = others.get(_key(record))
    return found if found and found.id != record.id else None


def _lacking(first: Record) -> str:
    """What would make a pair with the record, or with the baseline where there is nothing else."""
    alone = first.config["method"]["name"] == BASELINE and not method_given(first)
    method = PAPERS.main if alone else BASELINE
    needed = run_command(Side.parse(f"{method} @ own.top1"), "", 1 + first.config["seed"], first)
    of = "another method" if alone else BASELINE
    return (
        f"no run of {of} under the protocol and with a seed of run {first.id}"
        f"{f' ({BASELINE})' * alone}; '{needed}' makes one"
    )


def _has_videos(name: str, pairs: Sequence[tuple[Record, Record]]) -> bool:
    """Whether the class was tested in every run; a folder may have none of its test videos."""
    found = [record.metrics.local.per_class.get(name) for pair in pairs for record in pair]
    return all(share is not None and share.of for share in found)


def _gain(name: str, pairs: list[tuple[Record, Record]]) -> dict[str, Any]:
    found: dict[str, Any] = {"class": name, "videos": pairs[0][0].metrics.local.per_class[name].of}
    for stream in STREAMS:
        ours, theirs = (
            [of_streams(record)[stream].per_class[name].percent for record in records]
            for records in zip(*pairs, strict=True)
        )
        gains: dict[str | int, list[float]] = {}
        for (record, _), own, base in zip(pairs, ours, theirs, strict=True):
            gains.setdefault(start_of(record).pretraining, []).append(own - base)
        nested = Nested.of(list(gains.values()), 100 / found["videos"])
        found[stream] = round(nested.mean, 9)  # gains and losses that cancel are no gain
        found[f"{stream}_half"] = nested.over_pretrainings().half if nested.pairs > 1 else None
    return found


def draw(made: Sheet) -> Any:
    """Few classes as rows, each under its name; many as points of one panel, the furthest of them named."""
    classes = made.data["classes"]
    crosses = made.data["pretrainings"] >= LEAST
    if len(classes) <= MOST_ROWS:
        return _rows(made, sorted(classes, key=lambda each: -each["local"] - each["global"]), crosses)
    return _scatter(made, classes, crosses)


def _rows(made: Sheet, classes: list[dict[str, Any]], crosses: bool) -> Any:
    figure = canvas(made, 9.5, max(2.2, 0.9 + 0.21 * len(classes)))
    panels = figure.subplots(1, 2, sharey=True)
    for axes, stream in zip(panels, STREAMS, strict=True):
        axes.axvline(0, color=BLACK, linewidth=0.8)
        points = [_point(each, stream, crosses) for each in classes]
        drawn = with_intervals(axes, range(len(classes)), points, lying=True, **MEANINGS[stream])
        drawn[0].set_gid(f"gains-{stream}")
        axes.set_title(f"{stream} stream: {sum(each['value'] > 0 for each in points)} of {len(points)} gain")
        axes.set_xlabel(f"points of top-1 over {made.data['baseline']}")
        axes.grid(alpha=0.3)
        axes.set_axisbelow(True)
    panels[0].set_yticks(range(len(classes)), [each["class"] for each in classes])
    panels[0].set_ylim(len(classes) - 0.4, -0.6)
    return figure


def _point(found: dict[str, Any], stream: str, crosses: bool) -> dict[str, Any]:
    """A gain with its interval, within what a gain can be."""
    value, half = found[stream], found[f"{stream}_half"] if crosses else None
    low, high = (None, None) if half is None else (max(-100.0, value - half), min(100.0, value + half))
    return {"value": value, "low": low, "high": high}


def _scatter(made: Sheet, classes: list[dict[str, Any]], crosses: bool) -> Any:
    figure = canvas(made, 8.6, 5.8)
    axes = figure.subplots()
    axes.axhline(0, color=BLACK, linewidth=0.7)
    axes.axvline(0, color=BLACK, linewidth=0.7)
    for gains, (words, look) in LOOKS.items():
        group = [each for each in classes if (each["local"] > 0, each["global"] > 0) == gains]
        if group:
            _group(axes, group, words, look, crosses)
    _limits(axes, classes)
    axes.set_xlabel("gain of the local stream, percentage points of top-1")
    axes.set_ylabel("gain of the global stream, percentage points of top-1")
    axes.grid(alpha=0.3)
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=4, title=f"over {made.data['baseline']}"
    )
    far = sorted(classes, key=lambda each: -abs(each["local"]) - abs(each["global"]))[:MOST_NAMES]
    label(axes, [(each["local"], each["global"], each["class"]) for each in far])
    return figure


def _group(axes: Any, group: list[dict[str, Any]], words: str, look: dict[str, Any], crosses: bool) -> None:
    halves = {
        axis: [each[f"{stream}_half"] if crosses else 0.0 for each in group]
        for axis, stream in (("xerr", "local"), ("yerr", "global"))
    }
    axes.errorbar([each["local"] for each in group], [each["global"] for each in group], linestyle="",
                  markersize=6, ecolor=GREY, elinewidth=0.5, label=f"{words} ({len(group)})",
                  **halves, **look)  # fmt: skip


def _limits(axes: Any, classes: list[dict[str, Any]]) -> None:
    """Around the points: an interval may leave the panel."""
    for setter, stream in ((axes.set_xlim, "local"), (axes.set_ylim, "global")):
        values = [0.0, *(each[stream] for each in classes)]
        room = 0.25 * (max(values) - min(values)) or 1.0
        setter(min(values) - room, max(values) + room)
