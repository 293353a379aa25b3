"""A fusion rule of your own: the streams' scores raised to learned powers, and multiplied."""

import torch
from torch.nn import functional as F

from methods.fusion.contract import Fusion
from methods.registry import FUSIONS, FusionEntry


class Product(Fusion):
    """p ~ p_local^(1-w) p_global^w; w of the smallest log-loss on held-out videos."""

    def fit(self, outputs, labels):
        grid = torch.linspace(0, 1, 21)
        self.w_ = min(grid, key=lambda w: F.nll_loss(self._log_proba(outputs, w), labels))
        return self

    def predict_proba(self, outputs):
        return self._log_proba(outputs, self.w_).exp()

    def _log_proba(self, outputs, w):
        local, glob = outputs.local.scores.log(), outputs.glob.scores.log()
        return F.log_softmax((1 - w) * local.clamp_min(-30) + w * glob.clamp_min(-30), dim=1)


FUSIONS.add(
    FusionEntry(
        name="my_product",
        target=f"{__name__}:Product",
        summary="scores multiplied, each to a fitted power",
        paper="Hinton, ICANN 1999 (products of experts)",
        learned=True,
    )
)
