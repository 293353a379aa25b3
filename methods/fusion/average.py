"""Average fusion: the mean of both streams' scores (MBD, Figure 6, rule 1)."""

from __future__ import annotations

import torch
from torch import Tensor

from methods.fusion.contract import Fusion, Outputs


class Average(Fusion):
    def predict_proba(self, outputs: Outputs) -> Tensor:
        return (outputs.local.scores + outputs.glob.scores) / 2

    def weights(self, outputs: Outputs) -> Tensor:
        return torch.full((len(outputs.local.scores), 2), 0.5)
