"""RandAugment of clips (Cubuk et al., NeurIPS 2020), by torchvision: one draw for all frames of a clip."""

from __future__ import annotations

import torch
from torch import Tensor

from harness.data.clips.sample import Key, seed_of


def randaugment(clip: Tensor, operations: int, magnitude: int, key: Key) -> Tensor:
    """uint8 (T, H, W, 3) to the same.

    operations: how many, one after the other. magnitude: of each, 0 … 30. key: decides which, and nothing
    else does: torch's own generator is left as it was.
    """
    from torchvision.transforms.v2 import RandAugment  # where it is off, a second of imports less

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of(*key) % 2**63)
        drawn = RandAugment(operations, magnitude)(clip.permute(0, 3, 1, 2))
    return drawn.permute(0, 2, 3, 1).contiguous()
