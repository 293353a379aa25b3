"""Maps of different shapes on one grid: (2048, 1, 4, 4) and (768, 16, 1, 1) can then be stacked."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from methods.fusion.bounds import Count

Grid = tuple[Count, Count, Count]


def common_grid(local: Tensor, glob: Tensor, largest: Grid) -> Grid:
    """Of each axis of (T, H, W), the longer of the two maps', but no more than `largest`."""
    sides = zip(local.shape[2:], glob.shape[2:], largest, strict=True)
    time, height, width = (min(max(mine, other), most) for mine, other, most in sides)
    return time, height, width


def on_grid(fmap: Tensor, grid: Grid) -> Tensor:
    """(N, C, T, H, W) averaged over cells where it is finer than the grid, repeated where it is coarser."""
    return F.adaptive_avg_pool3d(fmap.float(), grid)
