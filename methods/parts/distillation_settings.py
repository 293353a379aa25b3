"""Settings of distillation between two streams, whichever of them teaches. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from backbones.base.streams import StreamName
from methods.parts.setting_bounds import above_zero, at_least

OF_FINAL = ("kl_weight", "local_kl_weight", "global_kl_weight", "final_loss", "temperature", "t_squared")
OF_MIDDLE = (
    *("mse_weight", "local_mse_weight", "global_mse_weight"),
    *("local_middle", "global_middle", "projection", "projected"),
)


@dataclass(frozen=True)
class DistillSettings:
    """What distillation between two streams leaves open, whichever of them teaches.

    middle, final: distill at the middle stage, at the final layer.
    kl_weight, mse_weight: alpha and beta of equations (12), (13), for the final layer and the middle stage,
    the same for both streams; local_…, global_… are those of one stream, where given (Figure 7).
    final_loss: aligns the final layers by KL (equation 6), or by MSE (7) of the logits ("mse") or of the
    softened scores ("mse_scores") (Table 3).
    temperature: T of equation (5), the paper gives none; t_squared: the KL is multiplied by T².
    local_middle, global_middle: the stages compared; None is what the backbone calls its middle.
    projection: form of phi in equations (10), (11). projected: whose middle features phi maps: the student's
    to the teacher's width, the teacher's to the student's, or both to the smaller of the two widths. The
    maps learn in each case.
    detach_teacher: no gradient of a distillation term reaches the teacher's stream; otherwise these terms
    train both streams.
    only_with: which settings change nothing unless another one has one of these values.
    """

    only_with: ClassVar[Mapping[str, tuple[str, tuple[Any, ...]]]] = {
        **dict.fromkeys(OF_FINAL, ("final", (True,))),
        **dict.fromkeys(OF_MIDDLE, ("middle", (True,))),
    }
    middle: bool = True
    final: bool = True
    kl_weight: float = 0.6
    mse_weight: float = 0.4
    local_kl_weight: float | None = None
    global_kl_weight: float | None = None
    local_mse_weight: float | None = None
    global_mse_weight: float | None = None
    final_loss: Literal["kl", "mse", "mse_scores"] = "kl"
    temperature: float = 1.0
    t_squared: bool = True
    local_middle: str | None = None
    global_middle: str | None = None
    projection: Literal["linear", "linear+norm", "two-layer"] = "linear"
    projected: Literal["student", "teacher", "both"] = "student"
    detach_teacher: bool = True

    def __post_init__(self) -> None:
        above_zero(self, "temperature")
        for name in ("kl_weight", "mse_weight"):
            at_least(self, 0, name, f"local_{name}", f"global_{name}")

    def weight(self, kind: str, student: StreamName) -> float:
        """The weight of "kl" (final layer) or "mse" (middle stage) for the stream that learns by it."""
        own = getattr(self, f"{student}_{kind}_weight")
        return getattr(self, f"{kind}_weight") if own is None else own
