"""PyTorchVideo's MViT-B behind the contract: its states are tokens with a CLS, and their grid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from backbones.base.errors import UsageError
from backbones.contract import State
from backbones.families.pytorchvideo_cnn import PyTorchVideo, quiet_import
from backbones.parts.width import scaled

STARTS = (0, 1, 3, 14, 16)  # the block that opens each layer: there queries are pooled by 2 in space
CHANNELS = 96


class MViT(PyTorchVideo):
    """Fan et al., ICCV 2021. States: (tokens (B, 1 + T·H·W, C), grid). Embedding: the normalised CLS."""

    @property
    def stages(self) -> Mapping[str, Callable[[State], State]]:
        layers = {
            f"layer{number}": partial(self.run, span) for number, span in enumerate(pairwise(STARTS), start=1)
        }
        return {"stem": self.stem} | layers

    def stem(self, clip: Tensor) -> State:
        encoding = self.net.cls_positional_encoding
        return encoding(self.net.patch_embed(clip)), list(encoding.patch_embed_shape)

    def run(self, span: tuple[int, int], state: State) -> State:
        for block in self.net.blocks[slice(*span)]:
            state = block(*state)
        return state

    def read(self, state: State) -> Tensor:
        return state[0][:, 1:].transpose(1, 2).unflatten(2, tuple(state[1]))

    def write(self, state: State, fmap: Tensor) -> State:
        return torch.cat((state[0][:, :1], fmap.flatten(2).transpose(1, 2)), dim=1), state[1]

    def pool(self, state: State) -> Tensor:
        return state[0][:, 0]

    def head(self, state: State) -> tuple[Tensor, Tensor]:
        embedding = self.net.norm_embed(state[0])[:, 0]
        return self.net.head.proj(self.dropout(embedding)), embedding


def build(
    *,
    classes: int,
    frames: int,
    size: int,
    width: float = 1.0,
    dropout: float = 0.5,
    drop_path: float = 0.2,
) -> MViT:
    """MViT-B 16x4: 36.61 M parameters with 400 classes. Built for its clips: positions are learned.

    drop_path: probability of stochastic depth in the last block (0.2 in the paper, 0 in the library's hub).
    A `UsageError` where frames, size or width do not divide as its stages ask.
    """
    if frames % 2 or size % 32 or (CHANNELS * width) % 8:
        raise UsageError(
            f"mvit_base_16x4 needs an even number of frames, a size that is a multiple of 32, and {CHANNELS} "
            f"x width a multiple of 8; given {frames} frames of {size} px, width {width:g}"
        )
    with quiet_import():
        from pytorchvideo.models.hub.vision_transformers import mvit_video_base_config
        from pytorchvideo.models.vision_transformers import create_multiscale_vision_transformers
    config: dict[str, Any] = {key: _copy(value) for key, value in mvit_video_base_config.items()}
    with torch.device("cpu"):  # it reads values of small tensors while it builds
        net: nn.Module = create_multiscale_vision_transformers(
            **(config | {"spatial_size": size, "temporal_size": frames}),
            patch_embed_dim=scaled(CHANNELS, width),
            droppath_rate_block=drop_path,
            head_num_classes=classes,
        )
    return MViT("mvit_base_16x4", net.to(torch.get_default_device()), dropout)


def _copy(value: Any) -> Any:
    return [_copy(item) for item in value] if isinstance(value, list) else value
