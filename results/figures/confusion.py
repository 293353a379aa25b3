"""Which classes are confused: both streams and the method's own fusion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from results.figures.dominance import weighted
from results.figures.model import Sheet, Source
from results.figures.parts.runs import apart, chosen, origin, videos, who, with_outputs
from results.figures.parts.style import canvas
from results.outputs.videos import Videos

MOST_NAMES = 30  # more classes than these are not written at the axes
SHOWN = ("local", "global", "fused")
# Rules that need nothing but the stored scores; a run with another is shown with the first.
RULES: dict[str, Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]] = {
    "adaptive": weighted,
    "average": lambda local, glob: (local + glob) / 2,
    "max": np.maximum,
    "product": np.multiply,
}


def data(source: Source) -> Sheet:
    """Counts (K, K) over the seeds: rows the true class, columns the predicted one."""
    records = chosen(source, "confusion", with_outputs)
    classes = records[0].data.classes
    counts = {name: np.zeros((len(classes), len(classes)), dtype=int) for name in SHOWN}
    rule = records[0].fusion if records[0].fusion in RULES else "adaptive"
    total = decoded = 0
    for record in records:
        found = videos(source, record, "confusion")
        total, decoded = total + found.total, decoded + len(found.labels)
        for name, scores in _scores(found, rule).items():
            np.add.at(counts[name], (found.labels, scores.argmax(axis=1)), 1)
    notes = [
        origin(records),
        f"{len(records)} seed{'s' * (len(records) > 1)}; {total - decoded} of {total} videos could not be "
        "decoded: they have no prediction, are in no row and count as wrong. Rows sum to 100 %; fused by "
        + rule,
        *apart(records[0]),
        *_worst(counts["fused"], classes),
    ]
    shown = {name: matrix.tolist() for name, matrix in counts.items()}
    title = f"Confusion matrices of {who(records)}, n = {total} videos"
    return Sheet("confusion", title, {"classes": classes, "counts": shown, "videos": total}, notes)


def _scores(found: Videos, rule: str) -> dict[str, NDArray[np.float64]]:
    return {"local": found.local, "global": found.glob, "fused": RULES[rule](found.local, found.glob)}


def _worst(counts: NDArray[np.int64], classes: list[str]) -> list[str]:
    """The three confusions with most videos."""
    wrong = counts - np.diag(np.diag(counts))
    order = np.argsort(-wrong, axis=None, kind="stable")[:3]
    worst = []
    for true, guess in zip(*np.unravel_index(order, wrong.shape), strict=True):
        if wrong[true, guess]:
            share = f"{wrong[true, guess]} of {counts[true].sum()}"
            worst.append(f"{classes[true]} as {classes[guess]} ({share})")
    return [f"most frequent confusions, fused: {'; '.join(worst)}"] if worst else []


def rows_in_percent(counts: Any) -> NDArray[np.float64]:
    """Counts (K, K) as percent of their rows; a row of zeros stays."""
    counts = np.asarray(counts, dtype=float)
    return 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def draw(made: Sheet) -> Any:
    classes = made.data["classes"]
    named = len(classes) <= MOST_NAMES
    size = max(3.0, 0.185 * len(classes)) if named else 4.2
    figure = canvas(made, 3 * size + 2.0 * named + 0.9, size + 1.3 * named + 0.6, images=True)
    panels = figure.subplots(1, 3, sharey=True)
    for axes, name in zip(panels, SHOWN, strict=True):
        counts, videos = made.data["counts"][name], made.data["videos"]
        image = _panel(axes, name, counts, videos, classes if named else [])
    panels[0].set_ylabel("true class")
    figure.colorbar(image, ax=panels, label="% of the true class's videos", shrink=0.8, pad=0.01)
    return figure


def _panel(axes: Any, name: str, counts: Any, videos: int, classes: list[str]) -> Any:
    percent = rows_in_percent(counts)
    image = axes.imshow(percent, cmap="Greys", vmin=0, vmax=100, interpolation="nearest")
    image.set_gid(f"confusion-{name}")
    right = 100 * np.trace(np.asarray(counts)) / max(videos, 1)
    axes.set_title(f"{name}: {right:.1f} % correct")
    axes.set_xlabel("predicted class")
    if classes:
        axes.set_xticks(range(len(classes)), classes, rotation=90, fontsize=7)
        axes.set_yticks(range(len(classes)), classes, fontsize=7)
        for row, col in zip(*np.nonzero(percent >= 1), strict=True):
            axes.text(col, row, f"{percent[row, col]:.0f}", ha="center", va="center", fontsize=5,
                      color="white" if percent[row, col] > 55 else "black")  # fmt: skip
    return image
