"""Weighted fusion: one weight for all videos, chosen on held-out videos (MBD, Figure 6, rule 2)."""

from __future__ import annotations

import torch
from scipy.optimize import minimize_scalar
from torch import Tensor

from methods.fusion.contract import Outputs
from methods.fusion.learned import Learned, log_loss


class Weighted(Learned):
    """S = w z_l + (1 - w) z_g; w in [0, 1] has the least log-loss, which is convex in w.

    weight_: w. The paper does not say how it chose its weight.
    """

    weight_: float

    def fit(self, outputs: Outputs, labels: Tensor) -> Weighted:
        def loss(weight: float) -> float:
            return log_loss(_mix(outputs, weight), labels)

        inside = float(minimize_scalar(loss, bounds=(0, 1), method="bounded", options={"xatol": 1e-4}).x)
        # The bounded search never looks at the ends. Of equal weights, the one nearest to the average.
        self.weight_ = min((0.5, inside, 0.0, 1.0), key=loss)
        return self

    def predict_proba(self, outputs: Outputs) -> Tensor:
        return _mix(outputs, self.weight_)

    def weights(self, outputs: Outputs) -> Tensor:
        return torch.tensor([self.weight_, 1 - self.weight_]).expand(len(outputs), 2)


def _mix(outputs: Outputs, weight: float) -> Tensor:
    return weight * outputs.local.scores + (1 - weight) * outputs.glob.scores
