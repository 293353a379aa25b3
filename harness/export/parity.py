"""Whether a file answers as the run's own networks do, on clips of the run's own videos."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from backbones.base.errors import UserError
from backbones.contract import Features
from harness.data.clips.network_input import NetworkInput
from harness.export.modules import over_views
from harness.export.source import Clips, Source
from methods.fusion.contract import Fusion, Outputs

FUSED = "fused"
Answers = dict[str, Tensor]  # by the names of a file's outputs


@dataclass(frozen=True)
class Parity:
    """differences: the largest absolute one of each output. largest: the largest absolute value of the first
    output. clips: that were compared. same_class: rows whose largest value stands in the same place, of
    `rows`."""

    differences: dict[str, float]
    tolerance: float
    largest: float
    clips: int
    same_class: int
    rows: int

    @property
    def worst(self) -> float:
        return max(self.differences.values())


@torch.no_grad()
def own_features(run: Source, clips: Clips) -> dict[str, Features]:
    """What the run's own streams give for the clips of one video, as in its test.

    clips: uint8 (V, T, H, W, C) of each stream.
    """
    inputs = NetworkInput(run.streams.specs, torch.device("cpu"))
    features = run.method(inputs(clips))
    assert isinstance(features, dict)
    return {str(name): each for name, each in features.items()}


def own_answers(run: Source, name: str, clips: Clips, rule: Fusion | None) -> Answers:
    """What the file of a stream, or of both fused, is to give. rule: the run's own.

    clips: uint8 (V, T, H, W, C) of each stream. Logits (V, K) and features (V, D) of a stream; scores (K,) of
    both fused.
    """
    features = own_features(run, clips)
    if name != FUSED:
        return {"logits": features[name].logits, "features": features[name].embedding}
    assert rule is not None
    means = Outputs(over_views(features["local"]), over_views(features["global"]))
    scores = {"scores": rule.predict_proba(means), "local_scores": means.local.scores}
    return {key: value[0] for key, value in (scores | {"global_scores": means.glob.scores}).items()}


def compare(
    videos: Iterable[Clips],
    own: Callable[[Clips], Answers],
    exported: Callable[[Clips], Sequence[Tensor]],
    tolerance: float,
) -> Parity:
    """The file's answers for the clips of each video beside the run's own.

    videos: of each one, its clips by stream. own, exported: give outputs of the same shapes in the same
    order, the first with classes as its last axis. tolerance: the largest difference allowed.
    """
    given = list(videos)
    pairs = [(own(clips), exported(clips)) for clips in given]
    worst: dict[str, float] = {}
    for expected, found in pairs:
        for (name, wanted), answer in zip(expected.items(), found, strict=True):
            worst[name] = max(worst.get(name, 0.0), _gap(wanted, answer))
    firsts = [(next(iter(expected.values())), found[0]) for expected, found in pairs]
    same = [(wanted.argmax(dim=-1) == answer.argmax(dim=-1)).reshape(-1) for wanted, answer in firsts]
    return Parity(
        differences=worst,
        tolerance=tolerance,
        largest=max(float(wanted.abs().max()) for wanted, _ in firsts),
        clips=sum(len(clip) for clips in given for clip in clips.values()),
        same_class=int(torch.cat(same).sum()),
        rows=len(torch.cat(same)),
    )


def _gap(wanted: Tensor, found: Tensor) -> float:
    """The largest absolute difference; infinite where shapes differ or a number is none."""
    if wanted.shape != found.shape:
        return math.inf
    gap = float((wanted - found).abs().max())
    return math.inf if math.isnan(gap) else gap


def check(parity: Parity, file: str) -> None:
    """Raises UserError where a file does not answer as the run's networks."""
    if not parity.worst <= parity.tolerance:
        raise UserError(
            f"{file} differs from the run's own network by {parity.worst:.2g} on {parity.clips} clips of its "
            f"videos, more than {parity.tolerance:g}: nothing was written"
        )
