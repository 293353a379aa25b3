"""Adaptive fusion: each stream weighs as much as it dominates on the video (MBD, equations 14, 15)."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor

from methods.fusion.bounds import Positive
from methods.fusion.contract import Fusion, Outputs, StreamOutputs
from methods.parts.dominance import Form, dominance


class Adaptive(Fusion):
    """S = w_l z_l + w_g z_g with w_h = m_h / (m_l + m_g); z is the mean softmax over all views.

    What the paper leaves open: weighting: "ratio" as above, or the "softmax" of (m_l, m_g). of: what m is
    computed of, the mean "scores" or the mean "logits"; what is weighted are the scores. distance,
    temperature: of equation (1), as in `methods.mbd_settings`.
    """

    def __init__(
        self,
        weighting: Literal["ratio", "softmax"] = "ratio",
        of: Literal["scores", "logits"] = "scores",
        distance: Literal["euclidean", "squared"] = "euclidean",
        temperature: Positive = 1.0,
    ) -> None:
        self.weighting = weighting
        self.of = of
        self.distance = distance
        self.temperature = temperature

    def get_params(self) -> dict[str, Any]:
        return {
            "weighting": self.weighting,
            "of": self.of,
            "distance": self.distance,
            "temperature": self.temperature,
        }

    def predict_proba(self, outputs: Outputs) -> Tensor:
        local, glob = self.weights(outputs).split(1, dim=1)
        return local * outputs.local.scores + glob * outputs.glob.scores

    def weights(self, outputs: Outputs) -> Tensor:
        maxima = torch.stack([self._dominance(outputs.local), self._dominance(outputs.glob)], dim=1)
        if self.weighting == "softmax":
            return maxima.softmax(dim=1)
        return maxima / maxima.sum(dim=1, keepdim=True)

    def _dominance(self, stream: StreamOutputs) -> Tensor:
        z = stream.logits if self.of == "logits" else stream.scores
        return dominance(z, Form(self.distance == "squared", self.temperature))
