"""torchvision's MViT-B and MViTv2-S behind the contract: its states are tokens with a CLS, and their grid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor
from torchvision.models import video as zoo
from torchvision.models.video import mvit

from backbones.base.errors import UsageError
from backbones.contract import State
from backbones.families.torchvision_video import TorchvisionVideo
from backbones.parts.width import scaled

# Of each stage: blocks, heads, and by how much keys and values are pooled in space (Li et al., table 1).
STAGES = ((1, 1, 8), (2, 2, 4), (11, 4, 2), (2, 8, 1))
CHANNELS = 96


class Tokens(NamedTuple):
    """tokens: (B, 1 + T·H·W, C), the CLS first. grid: (T, H, W)."""

    tokens: Tensor
    grid: tuple[int, int, int]


class MViT(TorchvisionVideo):
    """States: tokens with a CLS. Embedding: the normalised CLS, (B, 768)."""

    middle = "layer3"

    @property
    def stages(self) -> Mapping[str, Callable[[State], State]]:
        blocks = self.net.blocks
        pooling = [i for i, block in enumerate(blocks) if block.pool_skip is not None]
        starts = [0, *pooling, len(blocks)]
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


def block_settings(width: float, first: bool) -> list[mvit.MSBlockConfig]:
    """The sixteen blocks. Where a stage starts, queries are pooled by 2 in space and channels double.

    first: of MViT (v1), where the block before doubles them already, and queries that keep their resolution
    have no pooling kernel.
    """
    numbers = [number for number, stage in enumerate(STAGES) for _ in range(stage[0])]
    settings: list[mvit.MSBlockConfig] = []
    inputs = CHANNELS
    for index, number in enumerate(numbers):
        _, heads, pooling = STAGES[number]
        following = numbers[min(index + 1, len(numbers) - 1)] if first else number
        outputs = CHANNELS * 2**following
        step = 2 if index and numbers[index - 1] < number else 1
        unpooled = first and step == 1
        settings.append(
            mvit.MSBlockConfig(
                num_heads=heads,
                input_channels=scaled(inputs, width),
                output_channels=scaled(outputs, width),
                kernel_q=[] if unpooled else [3, 3, 3],
                kernel_kv=[3, 3, 3],
                stride_q=[] if unpooled else [1, step, step],
                stride_kv=[1, pooling, pooling],
            )
        )
        inputs = outputs
    return settings


def check_clip(name: str, frames: int, size: int, width: float) -> None:
    """A `UsageError` for odd frames, a size that is no multiple of 32, or a width without whole channels."""
    if frames % 2 or size % 32:
        raise UsageError(
            f"{name} needs an even number of frames and a size that is a multiple of 32; "
            f"given {frames} frames of {size} px"
        )
    if (CHANNELS * width) % 1:
        raise UsageError(
            f"{name} starts with {CHANNELS} channels, and width {width:g} makes no whole number of them"
        )


def mvit_v1_b(*, classes: int, frames: int, size: int, width: float = 1.0, drop_path: float = 0.2) -> MViT:
    """MViT-B (Fan et al., ICCV 2021): 36,610,672 parameters with 400 classes at 16x224.

    It is built for its clips, and `width` applies, as in `mvit_v2_s`.
    """
    check_clip("mvit_v1_b", frames, size, width)
    net = mvit.MViT(
        spatial_size=(size, size),
        temporal_size=frames,
        block_setting=block_settings(width, first=True),
        residual_pool=False,
        residual_with_cls_embed=False,
        rel_pos_embed=False,
        proj_after_attn=False,
        stochastic_depth_prob=drop_path,
        num_classes=classes,
    )
    return MViT(net, {"kinetics400": zoo.MViT_V1_B_Weights.KINETICS400_V1})


def mvit_v2_s(*, classes: int, frames: int, size: int, width: float = 1.0, drop_path: float = 0.2) -> MViT:
    """MViTv2-S (Li et al., CVPR 2022): 34,537,744 parameters with 400 classes at 16x224.

    It is built for its clips: an even number of frames, and a size that is a multiple of 32. `width` applies
    to the channels of each head. drop_path: probability of stochastic depth in the last block, rising to it
    linearly.
    """
    check_clip("mvit_v2_s", frames, size, width)
    net = mvit.MViT(
        spatial_size=(size, size),
        temporal_size=frames,
        block_setting=block_settings(width, first=False),
        residual_pool=True,
        residual_with_cls_embed=False,
        rel_pos_embed=True,
        proj_after_attn=True,
        stochastic_depth_prob=drop_path,
        num_classes=classes,
    )
    return MViT(net, {"kinetics400": zoo.MViT_V2_S_Weights.KINETICS400_V1})
