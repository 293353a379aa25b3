"""Settings of distillation in one direction. No torch."""

from __future__ import annotations

from dataclasses import dataclass

from backbones.base.streams import StreamName
from methods.parts.distillation_settings import DistillSettings


@dataclass(frozen=True)
class UnidirectionalSettings(DistillSettings):
    """teacher: the stream that teaches. frozen: it was trained before and is not trained further; its weights
    are given as that stream's weights (`--weights-global FILE`). Otherwise it learns from the labels, as its
    student does.
    """

    teacher: StreamName = "global"
    frozen: bool = False
