"""transformers' video ViTs behind the contract: TimeSformer, VideoMAE, ViViT, base size.

Outputs equal the originals' with the same weights; the state dict is theirs under the prefix `net.`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from transformers import (
    TimesformerConfig,
    TimesformerForVideoClassification,
    VideoMAEConfig,
    VideoMAEForVideoClassification,
    VivitConfig,
    VivitForVideoClassification,
)

from backbones.base.errors import UsageError
from backbones.contract import Backbone, State
from backbones.parts.width import fitting_heads, scaled
from backbones.pretrained import Pretrained
from backbones.spec import GREY, HALF, IMAGENET_MEAN, IMAGENET_STD

CHANNELS, HEADS, PATCH, TUBELET = 768, 12, 16, 2
GROUPS = 4  # the blocks are divided among `layer1` … `layer4`


class VideoViT(Backbone):
    """States: tokens (B, N, C). Stages `stem` (patches and positions) and `layer1` … `layer4` (blocks).

    net: the library's classifier network. grid: (T, H, W) of the tokens. hub: repository of each published
    set of weights. colours: mean and std per channel that they were trained with.
    """

    middle = "layer3"
    hub: Mapping[str, str]
    colours: tuple[tuple[float, ...], tuple[float, ...]]

    def __init__(self, net: nn.Module, grid: tuple[int, int, int]) -> None:
        super().__init__()
        self.net: Any = net
        self.grid = grid

    @property
    def encoder(self) -> Any:
        """The library's network without its classifier."""
        return self.net.base_model

    @property
    def blocks(self) -> nn.ModuleList:
        return self.encoder.encoder.layer

    @property
    def stages(self) -> Mapping[str, Callable[[State], State]]:
        bounds = [round(i * len(self.blocks) / GROUPS) for i in range(GROUPS + 1)]
        layers = {f"layer{i + 1}": partial(self.run, bounds[i], bounds[i + 1]) for i in range(GROUPS)}
        return {"stem": self.stem} | layers

    def stem(self, clip: Tensor) -> Tensor:
        return self.encoder.embeddings(clip.transpose(1, 2))

    def run(self, start: int, end: int, tokens: Tensor) -> Tensor:
        for block in self.blocks[start:end]:
            tokens = block(tokens)
        return tokens

    def zoo(self) -> Mapping[str, Callable[[], Pretrained]]:
        from backbones.weights.hubs import from_hugging_face

        return {
            name: partial(from_hugging_face, repository, self.rename, "net.", *self.colours)
            for name, repository in self.hub.items()
        }


class WithCls(VideoViT):
    """Its first token is a CLS, which is what is pooled. Embedding: the normalised CLS, (B, C)."""

    def read(self, state: State) -> Tensor:
        return state[:, 1:].transpose(1, 2).unflatten(2, self.grid)

    def write(self, state: State, fmap: Tensor) -> State:
        return torch.cat((state[:, :1], fmap.flatten(2).transpose(1, 2)), dim=1)

    def pool(self, state: State) -> Tensor:
        return state[:, 0]

    def head(self, state: State) -> tuple[Tensor, Tensor]:
        embedding = self.encoder.layernorm(state[:, 0])
        return self.net.classifier(embedding), embedding


class TimeSformer(WithCls):
    """Bertasius et al., ICML 2021: in each block attention over time, then over space; a token per patch."""

    hub = {  # noqa: RUF012
        "kinetics400": "facebook/timesformer-base-finetuned-k400",
        "kinetics600": "facebook/timesformer-base-finetuned-k600",
        "ssv2": "facebook/timesformer-base-finetuned-ssv2",
    }
    colours = GREY

    def run(self, start: int, end: int, tokens: Tensor) -> Tensor:
        for block in self.blocks[start:end]:
            (tokens,) = block(tokens)
        return tokens

    def read(self, state: State) -> Tensor:
        """The library keeps the tokens of one patch position together: H, W, T."""
        time, height, width = self.grid
        return state[:, 1:].transpose(1, 2).unflatten(2, (height, width, time)).permute(0, 1, 4, 2, 3)

    def write(self, state: State, fmap: Tensor) -> State:
        tokens = fmap.permute(0, 1, 3, 4, 2).flatten(2).transpose(1, 2)
        return torch.cat((state[:, :1], tokens), dim=1)


class ViViT(WithCls):
    """Arnab et al., ICCV 2021, model 1: joint attention over all tubelets of 2x16x16.

    Its clips are scaled to ±1, as in the authors' code.
    """

    hub = {"kinetics400": "google/vivit-b-16x2-kinetics400"}  # noqa: RUF012
    colours = (HALF, HALF)

    @property
    def blocks(self) -> nn.ModuleList:
        return self.encoder.layers

    def rename(self, key: str) -> str:
        """Published files have the names of transformers before 5."""
        key = re.sub(r"encoder\.layer\.(\d+)", r"layers.\1", key)
        key = re.sub(r"attention\.attention\.(query|key|value)", lambda m: f"attention.{m[1][0]}_proj", key)
        key = key.replace("attention.output.dense", "attention.o_proj")
        return key.replace("intermediate.dense", "mlp.fc1").replace("output.dense", "mlp.fc2")


class VideoMAE(VideoViT):
    """Tong et al., NeurIPS 2022: joint attention over all tubelets of 2x16x16, no CLS, fixed positions.

    Embedding: the normalised mean of the tokens, (B, C).
    """

    hub = {  # noqa: RUF012
        "kinetics400": "MCG-NJU/videomae-base-finetuned-kinetics",
        "ssv2": "MCG-NJU/videomae-base-finetuned-ssv2",
    }
    colours = (IMAGENET_MEAN, IMAGENET_STD)

    def stem(self, clip: Tensor) -> Tensor:
        return self.encoder.embeddings(clip.transpose(1, 2), None)

    def rename(self, key: str) -> str:
        """Published files have the names of transformers before 5, where q and v had biases apart."""
        return key.replace(".q_bias", ".query.bias").replace(".v_bias", ".value.bias")

    def read(self, state: State) -> Tensor:
        return state.transpose(1, 2).unflatten(2, self.grid)

    def write(self, state: State, fmap: Tensor) -> State:
        return fmap.flatten(2).transpose(1, 2)

    def head(self, state: State) -> tuple[Tensor, Tensor]:
        embedding = self.net.fc_norm(state.mean(dim=1))
        return self.net.classifier(embedding), embedding


FAMILIES: dict[str, tuple[type[VideoViT], type, type, int]] = {
    # our class, the library's network and its settings, frames to a token
    "timesformer": (TimeSformer, TimesformerForVideoClassification, TimesformerConfig, 1),
    "videomae": (VideoMAE, VideoMAEForVideoClassification, VideoMAEConfig, TUBELET),
    "vivit": (ViViT, VivitForVideoClassification, VivitConfig, TUBELET),
}


def build(
    *,
    classes: int,
    frames: int,
    size: int,
    width: float = 1.0,
    in_channels: int = 3,
    network: str,
    layers: int = 12,
) -> VideoViT:
    """`network`: "timesformer", "videomae" or "vivit". Built for its clips: positions belong to them.

    size: a multiple of 16. frames: even, but for timesformer. layers: blocks, at least 4. A `UsageError` for
    others. Heads keep their 64 channels as nearly as they divide.
    """
    ours, theirs, settings, tubelet = FAMILIES[network]
    if frames % tubelet or size % PATCH:
        many = f"a multiple of {tubelet} frames and " if tubelet > 1 else ""
        raise UsageError(
            f"{network} needs {many}a size that is a multiple of {PATCH}; given {frames} frames of {size} px"
        )
    if layers < GROUPS:
        raise UsageError(f"{network} needs at least {GROUPS} layers; given {layers}")
    channels = scaled(CHANNELS, width)
    config = settings(
        image_size=size,
        num_frames=frames,
        num_channels=in_channels,
        hidden_size=channels,
        num_attention_heads=fitting_heads(channels, HEADS * width),
        intermediate_size=4 * channels,
        num_hidden_layers=layers,
        num_labels=classes,
    )
    return ours(theirs(config), (frames // tubelet, size // PATCH, size // PATCH))
