"""Mixup (Zhang et al., ICLR 2018) and CutMix (Yun et al., ICCV 2019) of the clips of one forward pass.

Each video is mixed with the one before it in the batch, as torchvision pairs them. Both streams see the same
two videos in the same shares, and CutMix's box at the same place of the frame, in all frames of a clip.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from backbones.base.streams import StreamName
from harness.data.clips.sample import seed_of

Clips = Mapping[StreamName, Tensor]


@dataclass(frozen=True)
class Mixing:
    """mixup, cutmix: alpha of Beta(alpha, alpha), 0 where it is off; with both, each forward pass takes one,
    either with probability 1/2. seed: of all draws."""

    mixup: float
    cutmix: float
    seed: int

    def draw(self, step: int, rank: int, part: int) -> Draw:
        """For a forward pass: of that step, on that process, the so-and-so-many-th micro-batch of it."""
        random = np.random.default_rng(seed_of("mixing", self.seed, step, rank, part))
        cut = bool(random.random() < 0.5) if self.mixup and self.cutmix else bool(self.cutmix)
        alpha = self.cutmix if cut else self.mixup
        return Draw(float(random.beta(alpha, alpha)), (random.random(), random.random()) if cut else None)


@dataclass(frozen=True)
class Draw:
    """share: of each clip's own video. centre: of CutMix's box, (x, y) in [0, 1); None for mixup."""

    share: float
    centre: tuple[float, float] | None = None

    def mixed(self, clips: Clips) -> tuple[dict[StreamName, Tensor], float]:
        """The clips (B, C, T, H, W) of each stream, and which share of them is of their own videos.

        Of CutMix that is the share of the pixels outside the box, a mean over the streams, whose frames may
        differ in size.
        """
        if self.centre is None:
            return {name: _blended(clip, self.share) for name, clip in clips.items()}, self.share
        boxes = {name: box(self.share, self.centre, clip.shape[-2:]) for name, clip in clips.items()}
        kept = [1 - _area(boxes[name]) / math.prod(clip.shape[-2:]) for name, clip in clips.items()]
        return {name: _pasted(clip, boxes[name]) for name, clip in clips.items()}, sum(kept) / len(kept)


Box = tuple[int, int, int, int]  # left, top, right, bottom


def box(share: float, centre: tuple[float, float], size: tuple[int, ...]) -> Box:
    """Where the other video's pixels go; what lies beyond the frame is cut off. size: (H, W)."""
    height, width = size
    half = 0.5 * math.sqrt(1 - share)
    x, y = int(centre[0] * width), int(centre[1] * height)
    across, down = int(half * width), int(half * height)
    return max(x - across, 0), max(y - down, 0), min(x + across, width), min(y + down, height)


def _area(where: Box) -> int:
    left, top, right, bottom = where
    return (right - left) * (bottom - top)


def _blended(clip: Tensor, share: float) -> Tensor:
    return clip.mul(share).add_(clip.roll(1, 0), alpha=1 - share)


def _pasted(clip: Tensor, where: Box) -> Tensor:
    left, top, right, bottom = where
    mixed = clip.clone()
    mixed[..., top:bottom, left:right] = clip.roll(1, 0)[..., top:bottom, left:right]
    return mixed
