"""2D ResNets on single frames, their scores averaged over a clip's frames (TSN; two-stream networks).

Each of a clip's T frames, or stacks of L optical flow fields (2 L channels), passes through timm's network by
itself; the clip's logits are the mean of its frames' (Wang et al., "Temporal Segment Networks", ECCV 2016:
average consensus before softmax; Simonyan & Zisserman, NeurIPS 2014: the stem over 20 channels of flow). The
state dict is timm's under the prefix `net.`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import timm
from torch import Tensor, nn

from backbones.contract import Backbone, State
from backbones.parts.drop_path import check_rate
from backbones.parts.spatial import narrow
from backbones.pretrained import Pretrained


class ResNet2D(Backbone):
    """Stages `stem`, `layer1` … `layer4`: maps of each frame by itself. Embedding: the mean of layer4."""

    middle = "layer3"

    def __init__(self, name: str, net: nn.Module, dropout: float) -> None:
        super().__init__()
        self.name = name
        self.net: Any = net
        self.dropout = nn.Dropout(dropout)

    @property
    def stages(self) -> Mapping[str, Callable[[State], State]]:
        layers = {f"layer{n}": partial(by_frame, getattr(self.net, f"layer{n}")) for n in range(1, 5)}
        return {"stem": partial(by_frame, self.stem)} | layers

    def stem(self, frames: Tensor) -> Tensor:
        return self.net.maxpool(self.net.act1(self.net.bn1(self.net.conv1(frames))))

    def head(self, state: State) -> tuple[Tensor, Tensor]:
        """The mean of the frames' logits, which a linear layer makes of the mean of their vectors."""
        embedding = self.pool(state)
        return self.net.fc(self.dropout(embedding)), embedding

    def zoo(self) -> Mapping[str, Callable[[], Pretrained]]:
        from backbones.weights.hubs import from_timm

        return {"imagenet": partial(from_timm, self.name, self.size, prefix="net.")}


def by_frame(layer: Callable[[Tensor], Tensor], state: Tensor) -> Tensor:
    """`layer` on every frame of (B, C, T, H, W); the frames of all clips are one batch."""
    frames = layer(state.transpose(1, 2).flatten(0, 1))
    return frames.unflatten(0, (state.shape[0], state.shape[2])).transpose(1, 2)


def build(
    *,
    classes: int,
    frames: int,
    size: int,
    width: float = 1.0,
    in_channels: int = 3,
    network: str = "resnet50",
    dropout: float = 0.5,
    zero_init_residual: bool = False,
    drop_path: float = 0.0,
) -> ResNet2D:
    """`network`: timm's name of a ResNet. Any number of frames, any size. dropout: before the classifier.

    zero_init_residual: every block starts as the identity (Goyal et al., 2017). drop_path: timm's
    `drop_path_rate`; each frame is drawn by itself.
    """
    check_rate(drop_path)
    narrower = narrow(network, width) if width != 1 else {}
    net: Any = timm.create_model(
        network,
        num_classes=classes,
        in_chans=in_channels,
        zero_init_last=zero_init_residual,
        drop_path_rate=drop_path,
        **narrower,
    )
    return ResNet2D(network, net, dropout)
