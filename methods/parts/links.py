"""Dense links from one stream's stages into the other's (STDDCN): DenseNet's connectivity across them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

Shape = Sequence[int]  # (B, C, T, H, W)


class Links(nn.Module):
    """Into the stages of one stream from all earlier stages of the other.

    own, other: shapes of the two streams' maps after each stage. An incoming map is brought to the receiving
    map's size by taking every k-th position, and to its channels by a 1x1x1 convolution P.
    merge: "add" x + Σ P(y), "multiply" x ⊙ (1 + Σ P(y)), "concat" P([x, y, y', ...]).
    All P start such that x is unchanged: the streams start as they were trained.
    """

    def __init__(self, own: Sequence[Shape], other: Sequence[Shape], merge: str) -> None:
        super().__init__()
        self.merge = merge
        self.into = nn.ModuleList()
        for stage in range(1, len(own)):
            channels = own[stage - 1][1]
            given = [shape[1] for shape in other[:stage]]
            if merge == "concat":
                given = [channels + sum(given)]
            self.into.append(nn.ModuleList(zero_link(n, channels) for n in given))
            if merge == "concat":
                pass_through(self.into[-1][0], channels)  # type: ignore[index]

    def forward(self, stage: int, x: Tensor, others: Sequence[Tensor]) -> Tensor:
        """What goes into stage `stage` (from 1) in place of `x`. others: the other stream's maps so far."""
        into: nn.ModuleList = self.into[stage - 1]  # type: ignore[assignment]
        fitted = [resampled(y, x.shape) for y in others]
        if self.merge == "concat":
            return into[0](torch.cat([x, *fitted], dim=1))
        total = torch.stack([link(y) for link, y in zip(into, fitted, strict=True)]).sum(dim=0)
        return x + total if self.merge == "add" else x * (1 + total)


def zero_link(inputs: int, outputs: int) -> nn.Conv3d:
    """A 1x1x1 convolution that gives 0."""
    link = nn.Conv3d(inputs, outputs, 1, bias=False)
    nn.init.zeros_(link.weight)
    return link


def pass_through(link: nn.Conv3d, channels: int) -> None:
    """Makes `link` the identity on its first `channels` inputs."""
    with torch.no_grad():
        link.weight[:, :channels, 0, 0, 0] = torch.eye(channels)


def resampled(y: Tensor, size: Shape) -> Tensor:
    """y (B, C, t, h, w) at the T, H, W of `size`: along each axis the positions ⌊i · n / N⌋.

    By index, since the backward pass of interpolation has no deterministic form on CUDA in 3D.
    """
    for axis in (2, 3, 4):
        n, wanted = y.shape[axis], size[axis]
        if n != wanted:
            y = y.index_select(axis, torch.arange(wanted, device=y.device) * n // wanted)
    return y
