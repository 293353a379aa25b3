"""Concatenation fusion: both streams' features side by side, a linear classifier (MBD, Figure 6, rule 4)."""

from __future__ import annotations

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from methods.fusion.bounds import Count, Positive
from methods.fusion.contract import Outputs
from methods.fusion.learned import Field, Learned, check_classes, side_by_side, spread


class Concat(Learned):
    """Multinomial logistic regression on standardised features.

    inputs: which of the streams' outputs. C: inverse strength of the L2 penalty, as in scikit-learn.
    """

    classifier_: Pipeline

    def __init__(self, inputs: Field = "embedding", C: Positive = 0.1, max_iter: Count = 1000) -> None:
        self.inputs = inputs
        self.C = C
        self.max_iter = max_iter

    def fit(self, outputs: Outputs, labels: Tensor) -> Concat:
        check_classes(labels, outputs.local.scores.shape[1])
        self.classifier_ = make_pipeline(
            StandardScaler(), LogisticRegression(C=self.C, max_iter=self.max_iter)
        ).fit(side_by_side(outputs, self.inputs), labels.numpy())
        return self

    def predict_proba(self, outputs: Outputs) -> Tensor:
        proba = self.classifier_.predict_proba(side_by_side(outputs, self.inputs))
        return spread(proba, outputs.local.scores)
