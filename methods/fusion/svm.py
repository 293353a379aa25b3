"""SVM fusion: a linear SVM on both streams' outputs, its probabilities calibrated (MBD, Figure 6, rule 5)."""

from __future__ import annotations

from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from torch import Tensor

from backbones.base.errors import UserError
from methods.fusion.bounds import Folds, Positive, Seed
from methods.fusion.contract import Outputs
from methods.fusion.learned import Field, Learned, check_classes, side_by_side, spread


class SVM(Learned):
    """One class against the rest; Platt's sigmoids are fitted on predictions for folds that were left out.

    inputs: which of the streams' outputs. C: as in scikit-learn. folds: at most, as many as the videos of the
    smallest class allow (two at least). seed: of the folds and of the solver.
    """

    classifier_: CalibratedClassifierCV

    def __init__(self, inputs: Field = "logits", C: Positive = 0.1, folds: Folds = 5, seed: Seed = 0) -> None:
        self.inputs = inputs
        self.C = C
        self.folds = folds
        self.seed = seed

    def fit(self, outputs: Outputs, labels: Tensor) -> SVM:
        """A `UserError` where a class has fewer than two videos: calibration needs two of each."""
        check_classes(labels, outputs.local.scores.shape[1])
        least = int(labels.bincount().min())
        if least < 2:
            raise UserError("a class has a single video to fit it on; calibration needs two of each")
        folds = StratifiedKFold(min(self.folds, least), shuffle=True, random_state=self.seed)
        self.classifier_ = CalibratedClassifierCV(self._machine(), method="sigmoid", cv=folds, ensemble=False)
        self.classifier_.fit(side_by_side(outputs, self.inputs), labels.numpy())
        return self

    def _machine(self) -> Pipeline:
        machine = LinearSVC(C=self.C, dual="auto", random_state=self.seed, max_iter=5000)
        return make_pipeline(StandardScaler(), machine)

    def predict_proba(self, outputs: Outputs) -> Tensor:
        proba = self.classifier_.predict_proba(side_by_side(outputs, self.inputs))
        return spread(proba, outputs.local.scores)
