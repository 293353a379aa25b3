"""Means over a dominance group of the whole batch, on however many processes it is spread."""

from __future__ import annotations

import torch
from torch import Tensor, distributed


def group_mean(values: Tensor, members: Tensor) -> Tensor:
    """Sum of `values` over the group divided by the group's size in the whole batch; 0 if it is empty.

    values: (B,), one per video of this process. members: (B,) bool.
    Gradients are averaged over processes afterwards, so the local sum is scaled by their number: the
    average then equals the mean over the whole batch's group, not a mean of per-process means.
    """
    size = members.sum()
    processes = 1
    if distributed.is_available() and distributed.is_initialized():
        size = size.clone()
        distributed.all_reduce(size)
        processes = distributed.get_world_size()
    total = torch.where(members, values, torch.zeros_like(values)).sum()
    return total * processes / size.clamp_min(1)
