"""torchvision's MViTv2-S behind the contract: its states are tokens with a CLS, and their grid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor
from torchvision.models import video as zoo
from torchvision.models.video import mvit

from backbones.contract import State
from backbones.errors import UsageError
from backbones.torchvision_video import TorchvisionVideo
from backbones.width import scaled

# Of each stage: blocks, heads, and by how much keys and values are pooled in space (Li et al., table 1).
STAGES = ((1, 1, 8), (2, 2, 4), (11, 4, 2), (2, 8, 1))
CHANNELS = 96


class Tokens(NamedTuple):
    """tokens: (B, 1 + T·H·W, C), the CLS first. grid: (T, H, W)."""

    tokens: Tensor
    grid: tuple[int, int, int]


class MViT(TorchvisionVideo):
    """Li et al. (MViTv2), CVPR 2022. States: tokens with a CLS. Embedding: the normalised CLS, (B, 768)."""

    middle = "layer3"
    published = zoo.MViT_V2_S_Weights.KINETICS400_V1

    @property
    def stages(self) -> Mapping[str, Callable[[State], State]]:
        blocks = self.net.blocks
        starts = [0] + [i for i, block in enumerate(blocks) if block.pool_skip is not None] + [len(blocks)]
        layers = {
            f"layer{number}": lambda state, span=range(*bounds): self.run(span, state)
            for number, bounds in enumerate(pairwise(starts), start=1)
        }
        return {"stem": self.stem} | layers

    def stem(self, clip: Tensor) -> Tokens:
        fmap = self.net.conv_proj(clip)
        tokens = self.net.pos_encoding(fmap.flatten(2).transpose(1, 2))
        return Tokens(tokens, tuple(fmap.shape[2:]))

    def run(self, span: range, state: Tokens) -> Tokens:
        for index in span:
            state = Tokens(*self.net.blocks[index](*state))
        return state

    def read(self, state: State) -> Tensor:
        return state.tokens[:, 1:].transpose(1, 2).unflatten(2, state.grid)

    def write(self, state: State, fmap: Tensor) -> State:
        tokens = fmap.flatten(2).transpose(1, 2)
        return state._replace(tokens=torch.cat((state.tokens[:, :1], tokens), dim=1))

    def pool(self, state: State) -> Tensor:
        return state.tokens[:, 0]

    def head(self, state: State) -> tuple[Tensor, Tensor]:
        embedding = self.net.norm(state.tokens)[:, 0]
        return self.net.head(embedding.clone()), embedding  # its dropout works in place


def block_settings(width: float) -> list[mvit.MSBlockConfig]:
    """The sixteen blocks of MViTv2-S. Where a stage starts, channels double and queries are pooled by 2."""
    settings: list[mvit.MSBlockConfig] = []
    inputs = CHANNELS
    for number, (blocks, heads, pooling) in enumerate(STAGES):
        for index in range(blocks):
            outputs = CHANNELS * 2**number
            step = 2 if number and not index else 1
            channels = scaled(inputs, width), scaled(outputs, width)
            kernel = [3, 3, 3]
            strides = [1, step, step], [1, pooling, pooling]
            settings.append(mvit.MSBlockConfig(heads, *channels, kernel, kernel, *strides))
            inputs = outputs
    return settings


def mvit_v2_s(*, classes: int, frames: int, size: int, width: float = 1.0, drop_path: float = 0.2) -> MViT:
    """34,537,744 parameters with 400 classes at 16x224. `width` applies to the channels of each head.

    It is built for its clips: an even number of frames, and a size that is a multiple of 32.
    drop_path: probability of stochastic depth in the last block, rising to it linearly.
    """
    if frames % 2 or size % 32:
        raise UsageError(
            f"mvit_v2_s needs an even number of frames and a size that is a multiple of 32; "
            f"given {frames} frames of {size} px"
        )
    if (CHANNELS * width) % 1:
        raise UsageError(
            f"mvit_v2_s starts with {CHANNELS} channels, of which width {width:g} makes no whole number"
        )
    net = mvit.MViT(
        spatial_size=(size, size),
        temporal_size=frames,
        block_setting=block_settings(width),
        residual_pool=True,
        residual_with_cls_embed=False,
        rel_pos_embed=True,
        proj_after_attn=True,
        stochastic_depth_prob=drop_path,
        num_classes=classes,
    )
    return MViT(net)
