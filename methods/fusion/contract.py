"""The contract of a fusion rule: an estimator in scikit-learn's convention on stored outputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class StreamOutputs:
    """What a run stores of one stream for N videos, averaged over the views of each.

    scores: (N, K), mean of the views' softmax, in float32. logits: (N, K). embedding: (N, D).
    map: (N, C, T, H, W), or None where maps were not stored.
    """

    scores: Tensor
    logits: Tensor
    embedding: Tensor
    map: Tensor | None = None

    def __getitem__(self, rows: slice | Tensor) -> StreamOutputs:
        """The outputs of some of the videos: a slice, or indices or a mask (N,)."""
        fmap = None if self.map is None else self.map[rows]
        return StreamOutputs(self.scores[rows], self.logits[rows], self.embedding[rows], fmap)


@dataclass(frozen=True)
class Outputs:
    """Both streams' stored outputs of the same N videos."""

    local: StreamOutputs
    glob: StreamOutputs

    def __len__(self) -> int:
        return len(self.local.scores)

    def __getitem__(self, rows: slice | Tensor) -> Outputs:
        return Outputs(self.local[rows], self.glob[rows])


class Fusion(ABC):
    """A rule. What is learned ends in an underscore; constructors only store settings."""

    def fit(self, outputs: Outputs, labels: Tensor) -> Fusion:
        """Learns from videos that the streams were not trained on; rules without parameters pass.

        labels: (N,). Returns the rule itself. A `UserError` where these videos cannot teach it, as with a
        class that has none.
        """
        return self

    @abstractmethod
    def predict_proba(self, outputs: Outputs) -> Tensor:
        """Scores of the fused prediction (N, K); rows sum to 1."""

    def weights(self, outputs: Outputs) -> Tensor | None:
        """The weights of (local, global) on each video (N, 2), for rules that have them."""
        return None
