"""Dominance groups of the whole batch, on however many processes it is spread."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, distributed


@dataclass(frozen=True)
class Groups:
    """On which videos a stream teaches the other: (B,) bool each (MBD, equations 3, 4).

    local: G_l, where the local stream teaches the global one. glob: G_g, the other way.
    """

    local: Tensor
    glob: Tensor


def by_dominance(local: Tensor, glob: Tensor, tie: str) -> Groups:
    """The more dominant stream teaches. local, glob: dominance (B,). tie: who teaches where equal."""
    tied = local == glob
    return Groups(
        local=(local > glob) | (tied if tie in ("local", "both") else torch.zeros_like(tied)),
        glob=(glob > local) | (tied if tie in ("global", "both") else torch.zeros_like(tied)),
    )


def group_mean(values: Tensor, members: Tensor, average_over: str = "group") -> Tensor:
    """Sum of `values` over the group divided by its size in the whole batch; 0 if it is empty.

    values: (B,), one per video of this process. members: (B,) bool. average_over: "group", or "batch" for
    the number of all videos of the whole batch.
    Gradients are averaged over processes afterwards, so the local sum is scaled by their number: the
    average then equals the mean over the whole batch's group, not a mean of per-process means.
    """
    counted = members if average_over == "group" else torch.ones_like(members)
    size, processes = over_processes(counted.sum())
    total = torch.where(members, values, torch.zeros_like(values)).sum()
    return total * processes / size.clamp_min(1)


def over_processes(values: Tensor) -> tuple[Tensor, int]:
    """(`values` summed over all processes, their number). values: of any shape, the same on every process."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return values, 1
    values = values.clone()
    distributed.all_reduce(values)
    return values, distributed.get_world_size()
