"""The smallest streams on which a method can be checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from backbones.contract import Backbone, State
from backbones.parts.conv import Conv3d

CLASSES = 6


class SmallStream(Backbone):
    """Three stages of `width` channels."""

    middle = "layer2"

    def __init__(self, width: int, frames: int) -> None:
        super().__init__()
        self.frames, self.size, self.classes = frames, 8, CLASSES
        self.layer1 = Conv3d(3, width, 3, padding=1)
        self.layer2 = Conv3d(width, width, 3, padding=1)
        self.layer3 = Conv3d(width, 2 * width, 3, padding=1)
        self.fc = nn.Linear(2 * width, CLASSES)

    @property
    def stages(self) -> Mapping[str, Callable[[State], State]]:
        return {name: self._stage(name) for name in ("layer1", "layer2", "layer3")}

    def _stage(self, name: str) -> Callable[[State], State]:
        return lambda state: torch.tanh(getattr(self, name)(state))

    def head(self, state: State) -> tuple[Tensor, Tensor]:
        embedding = self.pool(state)
        return self.fc(embedding), embedding


class RegularizedStream(SmallStream):
    """With what acts differently in training: BatchNorm, whose running statistics move, and dropout."""

    def __init__(self, width: int, frames: int) -> None:
        super().__init__(width, frames)
        self.norm, self.dropout = nn.BatchNorm3d(width), nn.Dropout(0.5)

    def _stage(self, name: str) -> Callable[[State], State]:
        plain = super()._stage(name)
        return (lambda state: self.dropout(self.norm(plain(state)))) if name == "layer2" else plain
