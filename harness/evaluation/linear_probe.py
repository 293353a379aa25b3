"""What logistic regression reaches on the features that a stream was given: what training has to beat.

The features are the output of the last part of the network whose weights were all given, of one clip in the
middle of each video, its frames in order.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from backbones.base.streams import PerStream, StreamName
from harness.data.clips.dataset import Views
from harness.data.clips.loader import LoaderSettings, test_loader
from harness.data.clips.network_input import NetworkInput
from harness.data.clips.sample import Short
from harness.data.index import Video
from harness.training.streams.build import Streams

MOST_S = 30.0
AT_ONCE = 4  # videos of a batch
ONE_CLIP = PerStream(Views(1), Views(1))


@dataclass(frozen=True)
class Probe:
    """Of one stream. part: of the network, whose output was taken. features: numbers of a video. right, of:
    of the tested videos; a video that cannot be decoded is wrong."""

    stream: StreamName
    part: str
    features: int
    trained_on: int
    right: int
    of: int

    def line(self, videos: str) -> str:
        return (
            f"linear probe of the {self.stream} stream's given weights (logistic regression on "
            f"{self.features} outputs of '{self.part}', one clip of each video): "
            f"{100 * self.right / self.of:.1f} % of {self.of} {videos} videos, trained on {self.trained_on}"
        )


class TooLong(Exception):
    """seconds: that it would take."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"{seconds:.0f} s")


class _Clock:
    """Raises TooLong where so many videos will take longer than MOST_S; what starts with the first batch
    (processes that decode) counts once."""

    def __init__(self, videos: int) -> None:
        self.videos, self.begun, self.done = videos, time.monotonic(), 0
        self.first: tuple[float, int] | None = None

    def check(self, videos: int) -> None:
        self.done += videos
        now = time.monotonic()
        if self.first is None:
            self.first = now, self.done
            return
        at, done = self.first
        whole = at - self.begun + (now - at) / (self.done - done) * (self.videos - done)
        if whole > MOST_S:
            raise TooLong(whole)


@dataclass(frozen=True)
class Probing:
    """How features are computed. short: of clips in videos that are shorter."""

    inputs: NetworkInput
    short: Short
    loading: LoaderSettings

    def probe(
        self, streams: Streams, stream: StreamName, train: Sequence[Video], test: Sequence[Video]
    ) -> Probe | None:
        """None where no part of the network was given as a whole. Raises TooLong before it takes longer.

        streams: as they were built, with the weights that were given.
        """
        backbone, report = streams.method.streams[stream], streams.weights[stream]
        given = given_parts(backbone, set(report.loaded)) if report else []
        if not given or not train or not test:
            return None
        backbone.to(self.inputs.device).eval()
        collected = [
            (part, row, video.label)
            for video, part, row in self._rows(backbone, stream, given, [*train, *test])
        ]
        rows = [row for _, row, _ in collected]
        labels = [label for *_, label in collected]
        right = _right(rows, labels, len(train))
        known = sum(row is not None for row in rows[: len(train)])
        part, width = next((part, len(row)) for part, row, _ in collected if row is not None)
        return Probe(stream, part, width, known, right, len(test))

    def _rows(
        self, backbone: nn.Module, stream: StreamName, given: Sequence[str], videos: Sequence[Video]
    ) -> Iterator[tuple[Video, str, Any]]:
        """(the video, the part, its features (D,), None where it cannot be decoded)."""
        specs, clock = {stream: self.inputs.specs[stream]}, _Clock(len(videos))
        for batch in test_loader(videos, specs, ONE_CLIP, self.short, AT_ONCE, self.loading):
            clips = self.inputs({stream: batch[stream].flatten(0, 1)})[stream]
            part, features = last_output(backbone, clips, given)
            for position, ok, row in zip(
                batch["position"].tolist(), batch["ok"].tolist(), features, strict=True
            ):
                yield videos[position], part, row.numpy() if ok else None
            clock.check(len(features))


def given_parts(backbone: nn.Module, loaded: set[str]) -> list[str]:
    """Names of the largest parts all of whose parameters were loaded, in the order of the network."""
    found: list[str] = []

    def look(module: nn.Module, prefix: str) -> None:
        for name, child in module.named_children():
            full = f"{prefix}{name}"
            inside = [f"{full}.{each}" for each, _ in child.named_parameters()]
            if inside and loaded.issuperset(inside):
                found.append(full)
            elif inside:
                look(child, f"{full}.")

    look(backbone, "")
    return found


@torch.no_grad()
def last_output(backbone: nn.Module, clips: Tensor, given: Sequence[str]) -> tuple[str, Tensor]:
    """(the part of `given` that is computed last, its output (B, D) in float32 on the CPU).

    Means over height and width, and over tokens; frames stay in order.
    """
    seen: list[tuple[str, Tensor]] = []

    def keep(name: str) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            tensor = next((each for each in _tensors(output)), None)
            if tensor is not None:
                seen.append((name, tensor))

        return hook

    hooks = [backbone.get_submodule(name).register_forward_hook(keep(name)) for name in given]
    try:
        backbone(clips)
    finally:
        for hook in hooks:
            hook.remove()
    name, output = seen[-1]
    return name, flat(output, len(clips)).float().cpu()


def flat(output: Tensor, clips: int) -> Tensor:
    """(B, D) of maps (B, C, T, H, W), tokens (B, N, C), vectors (B, D), or of those of frames (B T, …)."""
    if output.dim() == 5:
        return output.mean(dim=(3, 4)).flatten(1)
    if output.dim() == 4:
        output = output.mean(dim=(2, 3))
    if output.dim() == 3:
        output = output.mean(dim=1)
    return output.reshape(clips, -1)


def _tensors(output: Any) -> list[Tensor]:
    from torch.utils._pytree import tree_leaves

    return [leaf for leaf in tree_leaves(output) if isinstance(leaf, Tensor) and leaf.is_floating_point()]


def _right(rows: Sequence[Any], labels: Sequence[int], train: int) -> int:
    """How many of the rows after the first `train` are right; None is wrong."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    pairs = list(zip(rows, labels, strict=True))
    learnt = [pair for pair in pairs[:train] if pair[0] is not None]
    tested = [pair for pair in pairs[train:] if pair[0] is not None]
    if not learnt or not tested or len({label for _, label in learnt}) < 2:
        return 0
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    model.fit(np.stack([row for row, _ in learnt]), [label for _, label in learnt])
    said = model.predict(np.stack([row for row, _ in tested]))
    return int(sum(said == np.array([label for _, label in tested])))
