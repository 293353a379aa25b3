"""Settings of multi-layer bidirectional distillation. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from backbones.base.errors import UsageError
from methods.parts.distillation_settings import DistillSettings
from methods.parts.setting_bounds import above_zero


@dataclass(frozen=True)
class MBDSettings(DistillSettings):
    """What multi-layer bidirectional distillation leaves open.

    reading: the interpretation of equation (1) in training (`methods.parts.interpretations`); testing uses R1
    where it needs one. dominance_of: what z is in equation (1): the softmax scores or the logits (R6 has the
    embedding). distance: un-squared ("euclidean") or "squared". dominance_temperature: what the distances are
    divided by. tie: who teaches where both streams are equally dominant.
    average_over: a group's losses are divided by its own size, 1/A and 1/B, or by the batch's, 1/N.
    prototype_momentum: of interpretation R6, the share of a class's prototype that a batch leaves unchanged.
    """

    only_with: ClassVar[Mapping[str, tuple[str, tuple[Any, ...]]]] = {
        **DistillSettings.only_with,
        "dominance_of": ("reading", ("R1", "R2", "R5")),
        **dict.fromkeys(("distance", "dominance_temperature"), ("reading", ("R1", "R2", "R5", "R6"))),
        "prototype_momentum": ("reading", ("R6",)),
    }
    reading: Literal["R1", "R2", "R5", "R6", "max_softmax"] = "R1"
    dominance_of: Literal["scores", "logits"] = "scores"
    distance: Literal["euclidean", "squared"] = "euclidean"
    dominance_temperature: float = 1.0
    tie: Literal["global", "local", "both", "neither"] = "global"
    average_over: Literal["group", "batch"] = "group"
    prototype_momentum: float = 0.9

    def __post_init__(self) -> None:
        super().__post_init__()
        above_zero(self, "dominance_temperature")
        if not 0 <= self.prototype_momentum < 1:
            raise UsageError(
                f"method.prototype_momentum is {self.prototype_momentum:g}; it must be in [0, 1)"
            )
