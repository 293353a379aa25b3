"""Maximum fusion: of each class, the larger of both streams' scores (MBD, Figure 6, rule 3)."""

from __future__ import annotations

import torch
from torch import Tensor

from methods.fusion.contract import Fusion, Outputs


class Maximum(Fusion):
    """The maxima are divided by their sum, which leaves the order of the classes."""

    def predict_proba(self, outputs: Outputs) -> Tensor:
        largest = torch.maximum(outputs.local.scores, outputs.glob.scores)
        return largest / largest.sum(dim=1, keepdim=True)
