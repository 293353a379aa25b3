"""C3D: eight 3x3x3 convolutions and three linear layers (Tran et al., ICCV 2015).

At 16 frames of 112 px with 101 classes it has 78.41 M parameters and 38.5 G multiply-adds. Keys are the
authors' layer names (`conv1a` ... `fc8`). No BatchNorm: it needs small steps, or weights.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backbones.base.errors import UsageError
from backbones.contract import Backbone, State
from backbones.parts.conv import Conv3d
from backbones.parts.width import scaled

# Of each stage, its layers with their output channels. All but the first stage begin with a pooling by two.
LAYERS = {
    "conv1": {"conv1a": 64},
    "conv2": {"conv2a": 128},
    "conv3": {"conv3a": 256, "conv3b": 256},
    "conv4": {"conv4a": 512, "conv4b": 512},
    "conv5": {"conv5a": 512, "conv5b": 512},
}
HIDDEN = 4096
MINIMUM = 16  # pixels


class C3D(Backbone):
    """Stages `conv1` … `conv5`, maps. Embedding: fc7 after its ReLU, (B, 4096), before dropout."""

    middle = "conv4"

    def __init__(self, classes: int, frames: int, size: int, width: float, channels: int, dropout: float):
        super().__init__()
        inputs = channels
        for layers in LAYERS.values():
            for name, outputs in layers.items():
                setattr(self, name, Conv3d(inputs, scaled(outputs, width), 3, padding=1))
                inputs = scaled(outputs, width)
        hidden = scaled(HIDDEN, width)
        self.fc6 = nn.Linear(inputs * places(frames, size), hidden)
        self.fc7 = nn.Linear(hidden, hidden)
        self.fc8 = nn.Linear(hidden, classes)
        self.dropout = nn.Dropout(dropout)
        for module in self.modules():
            if isinstance(module, Conv3d | nn.Linear) and module is not self.fc8:
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]

    @property
    def stages(self) -> Mapping[str, Callable[[State], State]]:
        return {name: partial(self.stage, name) for name in LAYERS}

    def stage(self, name: str, state: Tensor) -> Tensor:
        if name != "conv1":
            state = pooled(state, time=1 if name == "conv2" else 2)
        for layer in LAYERS[name]:
            state = F.relu(getattr(self, layer)(state))
        return state

    def rename(self, key: str) -> str:
        """The key, here, of the common port of the authors' weights (`conv1`) and of mmaction2's."""
        return re.sub(r"^conv([12])\.", r"conv\1a.", key).replace(".conv.", ".")

    def head(self, state: State) -> tuple[Tensor, Tensor]:
        last = pooled(state, time=2, padding=(0, 1, 1)).flatten(1)
        hidden = F.relu(self.fc6(last))
        embedding = F.relu(self.fc7(self.dropout(hidden)))
        return self.fc8(self.dropout(embedding)), embedding


def pooled(state: Tensor, time: int, padding: tuple[int, int, int] = (0, 0, 0)) -> Tensor:
    """The maximum over 2x2 places and `time` frames of (B, C, T, H, W); a single frame that is left stays."""
    kernel = (min(time, state.shape[2]), 2, 2)
    return F.max_pool3d(state, kernel, stride=kernel, padding=padding)


def places(frames: int, size: int) -> int:
    """Numbers per channel that fc6 sees: 1 x 4 x 4 of 16 frames of 112 px."""
    state = torch.empty(1, 1, frames, size, size, device="meta")
    for name in list(LAYERS)[1:]:
        state = pooled(state, time=1 if name == "conv2" else 2)
    return pooled(state, time=2, padding=(0, 1, 1)).numel()


def build(
    *,
    classes: int,
    frames: int,
    size: int,
    width: float = 1.0,
    in_channels: int = 3,
    dropout: float = 0.5,
) -> C3D:
    """Any number of frames; from 16 px, else a `UsageError`. dropout: after fc6 and fc7."""
    if size < MINIMUM:
        raise UsageError(f"c3d halves its maps four times: it needs at least {MINIMUM} px; given {size}")
    return C3D(classes, frames, size, width, in_channels, dropout)
