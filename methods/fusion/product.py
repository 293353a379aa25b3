"""Product fusion, a control: the mean of both streams' log scores (geometric mean, normalised)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from methods.fusion.contract import Fusion, Outputs


class Product(Fusion):
    """p ∝ sqrt(z_l z_g): the same order of classes as the product z_l z_g, which is more confident."""

    def predict_proba(self, outputs: Outputs) -> Tensor:
        least = torch.finfo(outputs.local.scores.dtype).tiny  # a score that was rounded to 0 has no logarithm
        logs = [stream.scores.clamp_min(least).log() for stream in (outputs.local, outputs.glob)]
        return F.softmax((logs[0] + logs[1]) / 2, dim=1)
