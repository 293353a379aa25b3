"""Drop path (stochastic depth: Huang et al., ECCV 2016): residual branches left out at random in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from backbones.base.errors import UsageError


def check_rate(rate: float) -> None:
    """A `UsageError` where the rate is no probability from 0 to below 1."""
    if not 0 <= rate < 1:
        raise UsageError(f"drop_path is {rate}; expected a probability from 0 to below 1")


def add_drop_path(blocks: Sequence[Any], rate: float) -> None:
    """Gives each block a `drop_path`, with a probability that rises linearly from 0 to `rate` in the last, as
    in timm's ResNets. Where it strikes, the block's residual is 0 for a whole clip; else it is divided by the
    probability that it is kept.
    """
    from timm.layers import DropPath  # where it is off, a second of imports less

    for block, own in zip(blocks, torch.linspace(0, rate, len(blocks)).tolist(), strict=True):
        block.drop_path = DropPath(own) if own else nn.Identity()
