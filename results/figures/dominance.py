"""Each test video's dominance in both streams, by which of them is right (MBD, equations 1, 2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from results.figures.model import Sheet, Source
from results.figures.parts.runs import apart, chosen, origin, videos, who, with_outputs
from results.figures.parts.style import BLACK, BLUE, GREY, ORANGE, canvas

Floats = NDArray[np.float64]
KINDS: dict[str, dict[str, Any]] = {
    "both right": {"marker": "o", "facecolor": "none", "edgecolor": GREY, "linewidth": 0.8},
    "both wrong": {"marker": "x", "facecolor": "#666666", "linewidth": 0.8},
    "local right": {"marker": "^", "facecolor": BLUE, "edgecolor": BLACK, "linewidth": 0.4},
    "global right": {"marker": "s", "facecolor": ORANGE, "edgecolor": BLACK, "linewidth": 0.4},
}
MANY = 4000  # more points than these are drawn as pixels


def dominance(scores: Floats) -> Floats:
    """m = max_k p(k), p = softmax(-||z - e_k||), interpretation R1, (N,). scores: probabilities (N, K)."""
    squared = np.square(scores).sum(axis=1, keepdims=True) + 1 - 2 * scores
    near = np.exp(-np.sqrt(np.maximum(squared, 0)))
    return (near / near.sum(axis=1, keepdims=True)).max(axis=1)


def weighted(local: Floats, glob: Floats) -> Floats:
    """Adaptive fusion (equations 14, 15) of scores (N, K)."""
    ours, theirs = dominance(local)[:, None], dominance(glob)[:, None]
    return (ours * local + theirs * glob) / (ours + theirs)


def kinds(local_right: NDArray[np.bool_], global_right: NDArray[np.bool_]) -> list[str]:
    """A key of KINDS for each video. Both: whether the stream is right, (N,)."""
    words = {(True, True): "both right", (False, False): "both wrong", (True, False): "local right"}
    return [
        words.get((bool(a), bool(b)), "global right") for a, b in zip(local_right, global_right, strict=True)
    ]


def data(source: Source) -> Sheet:
    """One run's videos: of the chosen setting the run with the smallest seed whose outputs were kept."""
    records = chosen(source, "dominance", with_outputs)
    record = records[0]
    found = videos(source, record, "dominance")
    ours, theirs = dominance(found.local), dominance(found.glob)
    right = [scores.argmax(axis=1) == found.labels for scores in (found.local, found.glob)]
    rows = zip(found.ids, ours.tolist(), theirs.tolist(), kinds(*right), strict=True)
    points = [{"video": name, "m_local": a, "m_global": b, "kind": kind} for name, a, b, kind in rows]
    notes = [
        origin([record]) + ("; the run that was asked for" if source.run else _which(len(records))),
        *_shares(points),
        "dominance m: how confident a stream is on a video, by equation (1) of MBD; from 1/K to about 4/K, "
        f"K = {found.local.shape[1]} classes",
        f"{found.total - len(points)} of {found.total} test videos could not be decoded",
        *apart(record),
        "reported (MBD, 4.1.3, Kinetics-400): the global stream dominates more videos; no number is given",
    ]
    title = f"Dominance of {who(records)}, n = {len(points)} test videos"
    return Sheet("dominance", title, {"run": record.id, "points": points}, notes)


def _which(count: int) -> str:
    return f"; the smallest of {count} seeds whose outputs were kept" * (count > 1)


def _shares(points: list[dict[str, Any]]) -> list[str]:
    """How often the dominant stream is the right one, where exactly one is."""
    decided = [each for each in points if each["kind"] in ("local right", "global right")]
    local = sum(each["m_local"] > each["m_global"] for each in points)
    share = 100 * local / max(len(points), 1)
    lines = [f"the local stream dominates {local} of {len(points)} videos ({share:.1f} %)"]
    if decided:
        hits = sum(
            (each["m_local"] > each["m_global"]) == (each["kind"] == "local right") for each in decided
        )
        lines[0] += (
            f"; of {len(decided)} videos that exactly one stream gets right, that stream dominates "
            f"{hits} ({100 * hits / len(decided):.1f} %; chance is 50 %)"
        )
    return lines


def draw(made: Sheet) -> Any:
    points = made.data["points"]
    figure = canvas(made, 7.6, 5.4)
    axes = figure.subplots()
    for kind, look in KINDS.items():
        group = [each for each in points if each["kind"] == kind]
        places = [each["m_local"] for each in group], [each["m_global"] for each in group]
        axes.scatter(*places, s=22, label=f"{kind} ({len(group)})", rasterized=len(points) > MANY,
                     gid=f"points-{kind}", **look)  # fmt: skip
    both = [value for each in points for value in (each["m_local"], each["m_global"])]
    room = 0.04 * (max(both) - min(both) or 1)
    ends = (min(both) - room, max(both) + room)
    axes.plot(ends, ends, "-", color=BLACK, linewidth=0.8)
    axes.set(xlim=ends, ylim=ends, box_aspect=1)
    half = {"transform": axes.transAxes, "fontsize": 8, "style": "italic"}  # outside: they cover no point
    axes.text(1.02, 0.01, "the local stream dominates", rotation=270, va="bottom", **half)
    axes.text(0.01, 1.01, "the global stream dominates", va="bottom", **half)
    axes.set_xlabel("dominance of the local stream, m_l")
    axes.set_ylabel("dominance of the global stream, m_g")
    axes.legend(loc="center left", bbox_to_anchor=(1.08, 0.5), title="top-1 of the streams alone")
    return figure
