"""Adaptive fusion: each stream weighs as much as it dominates on the video (MBD, equations 14, 15)."""

from __future__ import annotations

import torch
from torch import Tensor

from methods.fusion.contract import Fusion, Outputs
from methods.parts.dominance import dominance


class Adaptive(Fusion):
    """S = w_l z_l + w_g z_g with w_h = m_h / (m_l + m_g); z is the mean softmax over all views."""

    def predict_proba(self, outputs: Outputs) -> Tensor:
        local, glob = self.weights(outputs).split(1, dim=1)
        return local * outputs.local.scores + glob * outputs.glob.scores

    def weights(self, outputs: Outputs) -> Tensor:
        maxima = torch.stack([dominance(outputs.local.scores), dominance(outputs.glob.scores)], dim=1)
        return maxima / maxima.sum(dim=1, keepdim=True)
