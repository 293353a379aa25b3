"""Settings of a student of a trained teacher. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from methods.parts.setting_bounds import above_zero, at_least


@dataclass(frozen=True)
class KDSettings:
    """A trained teacher and a student.

    kind: "logits" (softened scores; Hinton et al., 2015), "feature_norm" (each video's temperature from the
    norm of its own embedding; Xu et al., ECCV 2020) or "simkd" (the teacher's classifier on the student's
    projected maps; Chen et al., CVPR 2022). weight: of the distillation term; null is 1, but 9
    for "feature_norm". temperature: of "logits". largest_norm: of "feature_norm": the embedding's norm above
    which scores are softened.
    """

    kind: Literal["logits", "feature_norm", "simkd"] = "logits"
    weight: float | None = None
    temperature: float = 4.0
    largest_norm: float = 2.0

    def __post_init__(self) -> None:
        above_zero(self, "temperature", "largest_norm")
        at_least(self, 0, "weight")

    @property
    def own_weight(self) -> float:
        return {"feature_norm": 9.0}.get(self.kind, 1.0) if self.weight is None else self.weight
