"""The picture of a prediction: frames that each stream saw, bars of its guesses, the weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from backbones.base.streams import StreamName
from harness.data.video.flow_picture import shown
from harness.evaluation.predict import Prediction
from harness.files import write_atomically

TOP, FRAMES, COLOURS = 5, 8, {"local": "#3b6fb6", "global": "#c8702a", "fused": "#4d4d4d"}


def draw(path: Path, predictions: Sequence[tuple[Prediction, Mapping[StreamName, Tensor]]]) -> None:
    """One block per video. predictions: each with the clip (T, H, W, C) of each stream."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure = pyplot.figure(figsize=(12, 4.4 * len(predictions)), layout="constrained")
    blocks = figure.subfigures(len(predictions), 1, squeeze=False)[:, 0]
    for block, (prediction, clips) in zip(blocks, predictions, strict=True):
        _block(block, prediction, clips)
    write_atomically(path, lambda target: figure.savefig(target, format="png", dpi=110))
    pyplot.close(figure)


def _block(block: Any, prediction: Prediction, clips: Mapping[StreamName, Tensor]) -> None:
    block.suptitle(Path(prediction.video).name, fontweight="bold")
    grid = block.add_gridspec(3, 3, height_ratios=(1, 1, 1.6))
    for row, (stream, clip) in enumerate(clips.items()):
        _frames(block.add_subplot(grid[row, :]), stream, clip)
    for column, name in enumerate(prediction.guesses or {}):
        _bars(block.add_subplot(grid[2, column]), name, prediction)


def _frames(axes: Any, stream: str, clip: Tensor) -> None:
    import numpy as np

    pixels = clip.numpy()
    chosen = np.linspace(0, len(pixels) - 1, min(FRAMES, len(pixels))).round().astype(int)
    axes.imshow(np.concatenate(list(shown(pixels[chosen])), axis=1))
    axes.set_axis_off()
    axes.set_title(
        f"{stream} stream: {len(chosen)} of the {len(pixels)} frames of its middle clip",
        fontsize=9, loc="left", color=COLOURS[stream],
    )  # fmt: skip


def _bars(axes: Any, name: str, prediction: Prediction) -> None:
    guesses = (prediction.guesses or {})[name][:TOP][::-1]
    bars = axes.barh([each["class"] for each in guesses], [100 * each["score"] for each in guesses])
    for bar in bars:
        bar.set_color(COLOURS[name])
    axes.bar_label(bars, fmt="%.0f", padding=2, fontsize=8)
    axes.set_xlim(0, 112)
    axes.set_xlabel("score, %", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(_title(name, prediction), fontsize=9)


def _title(name: str, prediction: Prediction) -> str:
    if name == "fused":
        return f"fused ({prediction.fusion})"
    if prediction.dominance is None:
        return name
    title = f"{name}, dominance {prediction.dominance[name]:.3f}"
    return title + (f", weight {prediction.weights[name]:.2f}" if prediction.weights else "")
