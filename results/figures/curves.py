"""Training curves: each loss term, training accuracy, and who dominates, over the steps."""

from __future__ import annotations

from math import ceil, fsum
from typing import Any

from backbones.base.errors import UserError
from results.figures.model import Sheet, Source
from results.figures.parts.marks import DASHES, MEANINGS, ONE
from results.figures.parts.runs import chosen, events, origin, who, with_events
from results.figures.parts.style import canvas
from results.reproduce import again

TITLES = {
    "ce": "cross-entropy, nats",
    "kl": "KL divergence, nats",
    "mse": "MSE of middle features",
    "accuracy": "training accuracy, %",
    "stats": "share of training videos, %",
    "numbers": "statistics of the method",
}


def data(source: Source) -> Sheet:
    """Each run's curves. A `UserError` where no chosen run kept its events."""
    records = chosen(source, "curves", with_events)
    runs = [{"run": r.id, "seed": r.config["seed"], "points": _points(events(source, r))} for r in records]
    runs = [each for each in runs if each["points"]]
    if not runs:
        raise UserError(
            f"figure 'curves': run {records[0].id} kept no events; '{again(records[0])}' runs it again"
        )
    batch = records[0].config["train"]["batch_size"]
    notes = [
        origin([record for record in records if record.id in {each["run"] for each in runs}]),
        "thin lines: each seed; thick line with markers: their mean" * (len(runs) > 1)
        or "one seed: it says nothing about other seeds",
        f"each point is the mean over the steps since the previous one; batches of {batch} videos. Accuracy "
        "is that of training batches, not of test videos",
    ]
    if all(len(each["points"]) == 1 for each in runs):
        notes.append("the training reported once: a point, no curve")
    return Sheet("curves", f"Training of {who(records)}, n = {len(runs)} seed{'s' * (len(runs) > 1)}",
                 {"runs": runs}, notes)  # fmt: skip


def _points(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Per event {"step", "values": {"ce": {"local": …}, …, "accuracy": …, "stats": …, "numbers": …}}, shares
    in percent."""
    points = []
    for event in found:
        values: dict[str, dict[str, float]] = {}
        for name, value in event.get("losses", {}).items():
            stream, _, term = name.rpartition("/")
            values.setdefault(term, {})[stream or "both"] = value
        for kind in ("accuracy", "stats"):
            percent = {name: 100 * value for name, value in event.get(kind, {}).items()}
            values |= {kind: percent} if percent else {}
        values |= {"numbers": event["numbers"]} if event.get("numbers") else {}
        points.append({"step": event["step"], "values": values})
    return points


def draw(made: Sheet) -> Any:
    runs = made.data["runs"]
    kinds = list(dict.fromkeys(kind for run in runs for each in run["points"] for kind in each["values"]))
    columns = min(3, len(kinds))
    rows = ceil(len(kinds) / columns)
    figure = canvas(made, 3.6 * columns, 2.6 * rows)
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True)
    for axes, kind in zip(panels.flat, kinds, strict=False):
        _panel(axes, runs, kind)
    for axes in panels.flat[len(kinds) :]:
        axes.set_axis_off()
    for axes in panels[-1]:
        axes.set_xlabel("training step")
    return figure


def _panel(axes: Any, runs: list[dict[str, Any]], kind: str) -> None:
    names = dict.fromkeys(
        name for run in runs for each in run["points"] for name in each["values"].get(kind, {})
    )
    for name in names:
        look, line = MEANINGS.get(name, ONE), DASHES.get(name, "-.")
        colour, marker = look["color"], look["marker"]
        lines = [_line(run, kind, name) for run in runs]
        for steps, values in lines if len(lines) > 1 else []:
            axes.plot(steps, values, line, color=colour, linewidth=0.6, alpha=0.45)
        steps, values = _mean(lines)
        every = max(1, len(steps) // 8)
        axes.plot(steps, values, line, color=colour, linewidth=1.6, marker=marker,
                  markersize=4, markevery=every, label=name, gid=f"{kind}-{name}")  # fmt: skip
    axes.set_title(TITLES.get(kind, kind))
    axes.grid(alpha=0.3)
    axes.legend()
    axes.tick_params(labelbottom=True)
    steps = sorted({each["step"] for run in runs for each in run["points"]})
    if len(steps) == 1:  # an axis that begins at 0, not one that is zoomed in on a point
        axes.set_xlim(0, 2 * steps[0] or 1)
        axes.set_xticks([0, steps[0]])
        axes.set_ylim(0, 1.25 * axes.dataLim.ymax or 1)


def _line(run: dict[str, Any], kind: str, name: str) -> tuple[list[int], list[float]]:
    pairs = [
        (each["step"], each["values"][kind][name])
        for each in run["points"]
        if name in each["values"].get(kind, {})
    ]
    return [step for step, _ in pairs], [value for _, value in pairs]


def _mean(lines: list[tuple[list[int], list[float]]]) -> tuple[list[int], list[float]]:
    """Over the runs, at the steps that all of them have."""
    tables = [dict(zip(*line, strict=True)) for line in lines if line[0]]
    steps = sorted(set.intersection(*(set(table) for table in tables))) if tables else []
    return steps, [fsum(table[step] for table in tables) / len(tables) for step in steps]
