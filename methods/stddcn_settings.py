"""Settings of STDDCN: what its public part leaves open. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from methods.parts.setting_bounds import above_zero, at_least


@dataclass(frozen=True)
class STDDCNSettings:
    """What the public part of STDDCN leaves open.

    dense: links between the streams' stages; merge: how what they carry is joined (`methods.parts.links`);
    direction: which streams get some. distill, teacher: both learn from their fusion, or each from the
    other; temperature: T, t_squared: the KL is multiplied by T². kl_weight: λ. fusion_weight: w, of the
    fusion's own cross-entropy.
    """

    dense: bool = True
    merge: Literal["add", "concat", "multiply"] = "add"
    direction: Literal["both", "motion-to-appearance", "appearance-to-motion"] = "both"
    distill: bool = True
    teacher: Literal["fusion", "other"] = "fusion"
    temperature: float = 1.0
    t_squared: bool = True
    kl_weight: float = 1.0
    fusion_weight: float = 1.0

    def __post_init__(self) -> None:
        above_zero(self, "temperature")
        at_least(self, 0, "kl_weight", "fusion_weight")
