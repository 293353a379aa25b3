"""MBD with the teacher of each video drawn at random (a control): does it matter which stream teaches?"""

from __future__ import annotations

import torch
from torch import Tensor

from backbones.contract import Features
from methods.mbd import MBD
from methods.parts.groups import Groups
from methods.random_dominance_settings import RandomDominanceSettings


class RandomDominance(MBD):
    """Groups of dominance's own sizes, or of a fair coin's, over videos drawn anew at each step."""

    Settings = RandomDominanceSettings
    settings: RandomDominanceSettings

    def groups(self, local: Features, glob: Features, labels: Tensor) -> Groups:
        dominant = super().groups(local, glob, labels)
        # The generator's state is restored, so that what is drawn afterwards, such as dropout of the next
        # micro-batch, is the same as under the other methods.
        with torch.random.fork_rng(devices=[]):
            order = torch.randperm(len(labels)).to(labels.device)
            heads = torch.randint(2, (len(labels),)).bool().to(labels.device)
        if self.settings.draw == "coin":
            return Groups(local=heads, glob=~heads)
        return Groups(local=dominant.local[order], glob=dominant.glob[order])
