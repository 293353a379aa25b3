"""Multi-layer bidirectional distillation (Kang, Huo, Xu, Mei, Zhang; Sensors 2025, 25(22), 6849).

On each video the dominant stream teaches the other: its softened scores (equations 8, 9) and its
middle features (10, 11). The teacher is detached. Formulas are reconstructed from the paper's prose;
what it leaves open is a setting.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from backbones.contract import Backbone, Features, shapes
from backbones.errors import UsageError
from methods.contract import GLOBAL, LOCAL, Losses, Method
from methods.distill import kl_per_video, mse_per_video
from methods.dominance import local_dominant
from methods.groups import group_mean


@dataclass(frozen=True)
class MBDSettings:
    """middle, final: distil at the middle stage, at the final layer.

    kl_weight, mse_weight: alpha and beta of equations (12), (13), the same for both streams.
    temperature: T of equation (5); the paper gives none.
    local_middle, global_middle: the stages compared; None is what the backbone calls its middle.
    """

    middle: bool = True
    final: bool = True
    kl_weight: float = 0.6
    mse_weight: float = 0.4
    temperature: float = 1.0
    local_middle: str | None = None
    global_middle: str | None = None

    def __post_init__(self) -> None:
        if self.temperature <= 0:
            raise UsageError(f"method.temperature is {self.temperature:g}; it must be above 0")
        for name in ("kl_weight", "mse_weight"):
            if getattr(self, name) < 0:
                raise UsageError(f"method.{name} is {getattr(self, name):g}; it must be 0 or more")


class MBD(Method):
    """Bidirectional distillation by dominance; the projections phi are linear maps of the student's side."""

    Settings = MBDSettings
    settings: MBDSettings

    def __init__(self, local: Backbone, glob: Backbone, settings: MBDSettings) -> None:
        super().__init__(local, glob, settings)
        self.stage = {
            LOCAL: _stage(local, settings.local_middle, "local_middle"),
            GLOBAL: _stage(glob, settings.global_middle, "global_middle"),
        }
        if settings.middle:
            wide = {
                name: shapes(stream).pooled[self.stage[name]].shape[1]
                for name, stream in ((LOCAL, local), (GLOBAL, glob))
            }
            self.to_global = nn.Linear(wide[LOCAL], wide[GLOBAL])
            self.to_local = nn.Linear(wide[GLOBAL], wide[LOCAL])

    def wanted(self) -> dict[str, Collection[str]]:
        if not self.settings.middle:
            return super().wanted()
        return {name: (stage,) for name, stage in self.stage.items()}

    def losses(self, local: Features, glob: Features, labels: Tensor) -> tuple[Losses, dict[str, Tensor]]:
        in_local = local_dominant(local.logits, glob.logits)
        terms = {
            "local/ce": F.cross_entropy(local.logits, labels),
            "global/ce": F.cross_entropy(glob.logits, labels),
        }
        if self.settings.final:
            terms |= self.final_losses(local.logits, glob.logits, in_local)
        if self.settings.middle:
            terms |= self.middle_losses(
                local.pooled[self.stage[LOCAL]], glob.pooled[self.stage[GLOBAL]], in_local
            )
        return terms, {"local-dominant": in_local.float().mean()}

    def final_losses(self, local: Tensor, glob: Tensor, in_local: Tensor) -> Losses:
        """Equations (8), (9), times alpha. local, glob: logits (B, K)."""
        alpha, temperature = self.settings.kl_weight, self.settings.temperature
        return {
            "local/kl": alpha * group_mean(kl_per_video(local, glob, temperature), ~in_local),
            "global/kl": alpha * group_mean(kl_per_video(glob, local, temperature), in_local),
        }

    def middle_losses(self, local: Tensor, glob: Tensor, in_local: Tensor) -> Losses:
        """Equations (10), (11), times beta. local, glob: pooled features (B, D_l), (B, D_g)."""
        beta = self.settings.mse_weight
        return {
            "local/mse": beta * group_mean(mse_per_video(self.to_global(local), glob), ~in_local),
            "global/mse": beta * group_mean(mse_per_video(self.to_local(glob), local), in_local),
        }


def _stage(stream: Backbone, chosen: str | None, setting: str) -> str:
    """The stage called `chosen`, or the backbone's own middle."""
    name = chosen or stream.middle
    if name not in stream.stages:
        known = ", ".join(stream.stages)
        raise UsageError(f"method.{setting} is '{name}'; this backbone's stages are {known}")
    return name
