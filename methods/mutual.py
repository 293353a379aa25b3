"""Deep mutual learning: each stream learns from the other on every video (Zhang et al., CVPR 2018).

The control that MBD's paper lacks: its loss terms in both directions on all videos, without dominance. With
`middle=false kl_weight=1` it is deep mutual learning as published (equations 6, 7 there: KL of the scores
only, weight 1), but for both streams updated in one step rather than in turn.
"""

from __future__ import annotations

import torch
from torch import Tensor

from backbones.contract import Features
from methods.parts.distillation import Distillation
from methods.parts.groups import Groups


class Mutual(Distillation):
    """Both streams teach on every video."""

    def groups(self, local: Features, glob: Features, labels: Tensor) -> Groups:
        every = torch.ones_like(labels, dtype=torch.bool)
        return Groups(local=every, glob=every)

    def stats(self, groups: Groups) -> dict[str, Tensor]:
        return {}
