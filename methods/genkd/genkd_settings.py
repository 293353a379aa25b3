"""Settings of generative knowledge distillation. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from methods.genkd.generative_settings import RepresentationSettings
from methods.parts.setting_bounds import at_least


@dataclass(frozen=True)
class GenKDSettings(RepresentationSettings):
    """What distillation from the teacher leaves open.

    generative_weight: of the difference of both VAEs' reconstructions. attention_weight: of the difference of
    both attentions. teacher_vae: what the teacher's VAE rebuilds: the teacher's own map from its attention,
    or the student's ("student", the authors' code).
    """

    generative_weight: float = 0.01
    attention_weight: float = 0.1
    teacher_vae: Literal["teacher", "student"] = "teacher"

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 0, "generative_weight", "attention_weight")
