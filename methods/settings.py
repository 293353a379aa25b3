"""What each method leaves open: its settings, their defaults and their values. No torch.

`--set method.NAME=VALUE` reaches them; `harness list methods` shows them; `harness list ambiguities` says
which question of which paper each one answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from backbones.base.errors import UsageError

StreamName = Literal["local", "global"]


@dataclass(frozen=True)
class NoSettings:
    """It has none."""


OF_FINAL = ("kl_weight", "local_kl_weight", "global_kl_weight", "final_loss", "temperature", "t_squared")
OF_MIDDLE = (
    *("mse_weight", "local_mse_weight", "global_mse_weight"),
    *("local_middle", "global_middle", "projection", "projected"),
)


@dataclass(frozen=True)
class DistillSettings:
    """What distillation between two streams leaves open, whoever teaches.

    middle, final: distill at the middle stage, at the final layer.
    kl_weight, mse_weight: alpha and beta of equations (12), (13), for the final layer and the middle stage,
    the same for both streams; local_…, global_… are those of one stream, where given (Figure 7).
    final_loss: aligns the final layers by KL (equation 6), or by MSE (7) of the logits ("mse") or of the
    softened scores ("mse_scores") (Table 3).
    temperature: T of equation (5), the paper gives none; t_squared: the KL is multiplied by T².
    local_middle, global_middle: the stages compared; None is what the backbone calls its middle.
    projection: form of phi in equations (10), (11). projected: whose middle features phi maps: the student's
    to the teacher's width, the teacher's to the student's, or both to the smaller of the two widths. The
    maps learn in each case; the teacher's stream never does.
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

    def __post_init__(self) -> None:
        if not self.temperature > 0:
            raise UsageError(f"method.temperature is {self.temperature:g}; it must be above 0")
        for name in ("kl_weight", "mse_weight"):
            for field in (name, f"local_{name}", f"global_{name}"):
                value = getattr(self, field)
                if value is not None and not value >= 0:
                    raise UsageError(f"method.{field} is {value:g}; it must be 0 or more")

    def weight(self, kind: str, student: str) -> float:
        """The weight of "kl" (final layer) or "mse" (middle stage) for the stream that learns by it."""
        own = getattr(self, f"{student}_{kind}_weight")
        return getattr(self, f"{kind}_weight") if own is None else own


@dataclass(frozen=True)
class MBDSettings(DistillSettings):
    """What multi-layer bidirectional distillation leaves open.

    reading: of equation (1), in training (`methods.parts.readings`); testing always reads it as R1, or does
    not need it. tie: who teaches where both streams are equally dominant.
    average_over: a group's losses are divided by its own size, 1/A and 1/B, or by the batch's, 1/N.
    prototype_momentum: of reading R6, share of a class's old prototype that one batch leaves.
    """

    only_with: ClassVar[Mapping[str, tuple[str, tuple[Any, ...]]]] = {
        **DistillSettings.only_with,
        "prototype_momentum": ("reading", ("R6",)),
    }
    reading: Literal["R1", "R2", "R5", "R6", "max_softmax"] = "R1"
    tie: Literal["global", "local", "both", "neither"] = "global"
    average_over: Literal["group", "batch"] = "group"
    prototype_momentum: float = 0.9

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.prototype_momentum < 1:
            raise UsageError(
                f"method.prototype_momentum is {self.prototype_momentum:g}; it must be in [0, 1)"
            )


@dataclass(frozen=True)
class UnidirectionalSettings(DistillSettings):
    """teacher: the stream that teaches. frozen: it was trained before and stays as it is, in evaluation mode;
    its weights are given as that stream's weights (`--weights-global FILE`); otherwise it learns from the
    labels beside its student.
    """

    teacher: StreamName = "global"
    frozen: bool = False


@dataclass(frozen=True)
class RandomDominanceSettings(MBDSettings):
    """draw: "shuffle" gives dominance's groups to other videos at random, so their sizes are MBD's; "coin"
    tosses a fair coin for each video.
    """

    draw: Literal["shuffle", "coin"] = "shuffle"


@dataclass(frozen=True)
class OracleDominanceSettings(MBDSettings):
    """undecided: who teaches where both streams are right or both wrong: the dominant one, or neither."""

    undecided: Literal["dominance", "neither"] = "dominance"


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
        if not self.temperature > 0:
            raise UsageError(f"method.temperature is {self.temperature:g}; it must be above 0")
        for name in ("kl_weight", "fusion_weight"):
            if not getattr(self, name) >= 0:
                raise UsageError(f"method.{name} is {getattr(self, name):g}; it must be 0 or more")


@dataclass(frozen=True)
class SingleSettings:
    """stream: the one that is trained."""

    stream: StreamName = "local"
