"""A run's own fusion rule as part of a graph: fitted as the run fitted it, in torch's operators."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from backbones.base.errors import UserError
from harness.config.fusion_rules import make
from harness.evaluation.fusion_fitting import HeldOut
from harness.export.source import Source
from harness.record.stored.reading import held_outputs, scored_outputs
from methods.fusion.catalogue import FUSIONS
from methods.fusion.contract import Fusion, Outputs


def own_rule(run: Source) -> Fusion:
    """The rule that the run's method calls its own, fitted. Raises UserError where it cannot be."""
    name = run.config.method.fusion
    rule = make(name, run.config.fusion.get(name, {}))
    if not FUSIONS.get(name).learned:
        return rule
    if run.config.fit.folds:
        raise UserError(f"fusion '{name}' was cross-fitted, on outputs of other networks than the run's")
    held = held_outputs(run.run, run.record)
    if held is None:
        path = run.run.holdout_outputs
        raise UserError(
            f"fusion '{name}' is fitted on outputs that were not kept: {path} is not there"
            f"{run.run.how_to_fetch(path)}"
        )
    HeldOut(held, _tested(run)).fit(rule)
    return rule


def in_torch(name: str, rule: Fusion) -> Fusion:
    """The fitted rule `name` in torch's operators, where it is scikit-learn's; else the rule itself."""
    return LINEAR[name](rule) if name in LINEAR else rule


def _tested(run: Source) -> list[str]:
    return scored_outputs(run.run, run.record).ids if run.run.outputs.exists() else []


class Scaled:
    """A linear classifier of scikit-learn's on standardised features: rows (N, D) to its decisions (N, K).

    pipeline: of a StandardScaler and the classifier.
    """

    def __init__(self, pipeline: Any) -> None:
        scaler, linear = (step for _, step in pipeline.steps)
        self.mean, self.scale = torch.from_numpy(scaler.mean_), torch.from_numpy(scaler.scale_)
        self.weight, self.bias = torch.from_numpy(linear.coef_), torch.from_numpy(linear.intercept_)

    def __call__(self, rows: Tensor) -> Tensor:
        return F.linear((rows - self.mean) / self.scale, self.weight, self.bias)


class LinearConcat(Fusion):
    """`methods.fusion.concat.Concat`, fitted, without scikit-learn."""

    def __init__(self, rule: Any) -> None:
        self.inputs = rule.inputs
        self.decide = Scaled(rule.classifier_)

    def predict_proba(self, outputs: Outputs) -> Tensor:
        return _two_sided(self.decide(_rows(outputs, self.inputs))).softmax(dim=1).float()


class LinearSVM(Fusion):
    """`methods.fusion.svm.SVM`, fitted, without scikit-learn: decisions, Platt's sigmoids, divided by their
    sum. Of two classes there is one decision, and one sigmoid."""

    def __init__(self, rule: Any) -> None:
        self.inputs = rule.inputs
        (calibrated,) = rule.classifier_.calibrated_classifiers_
        self.decide = Scaled(calibrated.estimator)
        self.slope = torch.tensor([float(each.a_) for each in calibrated.calibrators], dtype=torch.float64)
        self.shift = torch.tensor([float(each.b_) for each in calibrated.calibrators], dtype=torch.float64)

    def predict_proba(self, outputs: Outputs) -> Tensor:
        own = torch.sigmoid(-(self.slope * self.decide(_rows(outputs, self.inputs)) + self.shift))
        if own.shape[1] == 1:
            return torch.cat((1 - own, own), dim=1).float()
        return (own / own.sum(dim=1, keepdim=True)).float()


LINEAR = {"concat": LinearConcat, "svm": LinearSVM}


def _rows(outputs: Outputs, field: str) -> Tensor:
    """Both streams' outputs side by side, local first: (N, D_l + D_g), float64 as scikit-learn has it."""
    return torch.cat([getattr(each, field) for each in (outputs.local, outputs.glob)], dim=1).double()


def _two_sided(decisions: Tensor) -> Tensor:
    """Of two classes scikit-learn keeps one decision (N, 1), that of the second: (N, 2), whose softmax is its
    sigmoid."""
    return F.pad(decisions, (1, 0)) if decisions.shape[1] == 1 else decisions
