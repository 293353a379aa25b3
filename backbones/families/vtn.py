"""Video Transformer Network: a 2D network per frame, then a Longformer over the frames.

Neimark et al., "Video Transformer Network", ICCVW 2021; MBD (Sensors 2025, section 3.2) takes it as its
global branch, with ViT-B frames, three layers and twelve heads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from backbones.base.errors import UsageError
from backbones.contract import Backbone, State
from backbones.parts.longformer import TemporalEncoder, initialise
from backbones.parts.spatial import feature_width, spatial_net
from backbones.parts.width import fitting_heads, scaled
from backbones.pretrained import Pretrained

HEADS = 12
PUBLISHED = {"backbone": "spatial", "mlp_head": "classifier"}  # parts of the authors' network, with ours
EFFICIENTNET_LITE0 = "tf_efficientnet_lite0"


class Tokens(NamedTuple):
    """frames: (B, T, D), one token per frame. cls: (B, D), or None before the temporal encoder.
    numbers: (B, T), of the frames in their video where they are known, for the first layer alone."""

    frames: Tensor
    cls: Tensor | None
    numbers: Tensor | None = None


class VTN(Backbone):
    """Stages `frames` (the spatial net), `layer1`, `layer2`, … (Longformer layers).

    As a map, a state is its frame tokens (B, D, T, 1, 1). Pooled: the CLS, or the frames' mean where there
    is no CLS yet. Embedding: the CLS after the last layer, (B, D).
    """

    def __init__(
        self,
        name: str,
        spatial: nn.Module,
        features: int,
        encoder: TemporalEncoder,
        hidden: int,
        classes: int,
        head_dropout: float,
        init_std: float,
        frame_norm: bool,
        positions: str = "clip",
    ):
        super().__init__()
        self.name = name
        self.positions = positions
        self.spatial = spatial
        # Without scale and shift. It removes what all frames share, which is most of an untrained net's
        # output and would hide what tells frames apart.
        self.frame_norm = nn.BatchNorm1d(features, affine=False) if frame_norm else nn.Identity()
        self.adapter = nn.Identity() if features == hidden else nn.Linear(features, hidden)
        self.temporal = encoder
        self.classifier = nn.Sequential(
            nn.LayerNorm(hidden),
            nn.Linear(hidden, hidden),
            nn.GELU(),
            nn.Dropout(head_dropout),
            nn.Linear(hidden, classes),
        )
        initialise(self.adapter, init_std)
        initialise(self.classifier, init_std)
        self.middle = f"layer{min(2, len(encoder.layer))}"

    @property
    def stages(self) -> Mapping[str, Callable[[State], State]]:
        layers = {f"layer{i + 1}": partial(self.layer, i) for i in range(len(self.temporal.layer))}
        return {"frames": self.embed_frames} | layers

    @property
    def stage_blocks(self) -> Mapping[str, Sequence[nn.Module]]:
        """The spatial net's, which holds nearly all that a step of this network keeps.

        Single layers in a row, as in the stem of some networks, are no blocks: one that works in place would
        overwrite what its neighbour kept.
        """
        repeated = (part for part in self.spatial.children() if isinstance(part, nn.Sequential))
        blocks = [block for part in repeated for block in part if any(block.children())]
        return {"frames": blocks} if blocks else {}

    def embed_frames(self, clip: Tensor) -> Tokens:
        """Every frame by itself: the frames of all clips are one batch of the spatial net."""
        images = clip.transpose(1, 2).flatten(0, 1)
        features = self.adapter(self.frame_norm(self.spatial(images)))
        return Tokens(features.unflatten(0, (clip.shape[0], clip.shape[2])), None, self._numbers())

    def layer(self, index: int, state: Tokens) -> Tokens:
        if state.cls is None:
            tokens = self.temporal.embed(state.frames, state.numbers)
        else:
            tokens = torch.cat((state.cls.unsqueeze(1), state.frames), dim=1)
        tokens = self.temporal.step(index, tokens)
        return Tokens(tokens[:, 1:], tokens[:, 0])

    def _numbers(self) -> Tensor | None:
        """Of the frames of this clip in their videos, once, so that no later clip is given them. Where they
        are not known, as when cost is counted, frames are numbered within the clip."""
        numbers, self.frame_numbers = self.frame_numbers, None
        return numbers if self.positions == "frame" else None

    def read(self, state: State) -> Tensor:
        return state.frames.transpose(1, 2)[..., None, None]

    def write(self, state: State, fmap: Tensor) -> State:
        return state._replace(frames=fmap[..., 0, 0].transpose(1, 2))

    def pool(self, state: State) -> Tensor:
        return state.frames.mean(dim=1) if state.cls is None else state.cls

    def head(self, state: State) -> tuple[Tensor, Tensor]:
        return self.classifier(state.cls), state.cls

    def rename(self, key: str) -> str:
        """The key, here, of a tensor that a checkpoint of VTN's authors calls `key`."""
        if key == "cls_token":
            return "temporal.cls"
        name, _, rest = key.partition(".")
        if name == "temporal_encoder":
            return f"temporal.{rest.removeprefix('encoder.')}"
        return f"{PUBLISHED[name]}.{rest}" if name in PUBLISHED else key

    def zoo(self) -> Mapping[str, Callable[[], Pretrained]]:
        """ImageNet weights of the spatial net; the temporal encoder is trained from scratch, as in VTN."""
        from backbones.families import efficientnet_lite0
        from backbones.weights import hubs

        if self.name == EFFICIENTNET_LITE0:
            return {"imagenet": partial(efficientnet_lite0.pretrained, prefix="spatial.")}
        return {"imagenet": partial(hubs.from_timm, self.name, self.size, prefix="spatial.")}


def build(
    *,
    classes: int,
    frames: int,
    size: int,
    width: float = 1.0,
    inner: str = "",
    layers: int = 3,
    heads: int | None = None,
    hidden: int | None = None,
    feedforward: int | None = None,
    window: int = 36,
    dropout: float = 0.1,
    head_dropout: float = 0.5,
    position_std: float = 0.02,
    init_std: float = 0.02,
    frame_norm: bool = False,
    positions: str = "clip",
    drop_path: float = 0.0,
) -> VTN:
    """A VTN over the timm image model `inner`.

    layers, heads, feedforward, window, dropout: of the Longformer. window counts both sides together: with
    36, each of 16 frames sees all others (VTN's released code gives 18, its paper says 32). heads: 12 times
    `width` by default, or the nearest number that divides the channels. feedforward: its inner channels,
    four times the channels by default; `width` applies to a number given here. hidden: the encoder's channels
    where they are not the spatial net's; a linear layer joins them. head_dropout: in the classifier.
    position_std: of the position embeddings' initial values; 0.02 is the paper's, 0.7 is as strong as the
    normalised features beside them. init_std: of all other weights from the encoder on; narrow ones need
    more than the paper's 0.02 for the same signal. frame_norm: frame features are normalised over the batch.
    positions: what a frame's position embedding is chosen by: its place in the "clip", or the number of the
    "frame" in its video (modulo 286, as in VTN's released code). drop_path: timm's `drop_path_rate` of the
    spatial net, in which each frame is drawn by itself.
    """
    check_settings(layers, window, positions)
    spatial = spatial_net(inner, size, width, drop_path)
    features = feature_width(spatial, inner, size)
    channels = hidden or features
    encoder = TemporalEncoder(
        channels,
        layers,
        attention_heads(channels, heads, width),
        scaled(feedforward, width) if feedforward else 4 * channels,
        window,
        dropout,
        position_std,
        init_std,
    )
    width_and_head = channels, classes, head_dropout, init_std, frame_norm
    return VTN(inner, spatial, features, encoder, *width_and_head, positions)


def check_settings(layers: int, window: int, positions: str = "clip") -> None:
    """A `UsageError` for settings of the temporal encoder that cannot be. window: in tokens, both sides."""
    if positions not in ("clip", "frame"):
        raise UsageError(f"positions is '{positions}'; expected clip or frame")
    if layers < 1:
        raise UsageError(f"a VTN needs at least one Longformer layer; layers is {layers}")
    if window < 2 or window % 2:
        raise UsageError(
            f"window counts the tokens of both sides and must be even, at least 2; it is {window}"
        )


def attention_heads(channels: int, heads: int | None, width: float) -> int:
    """`heads`, or where it is None, a number that fits; a `UsageError` if it does not divide `channels`."""
    if heads is None:
        return fitting_heads(channels, HEADS * width)
    if heads < 1 or channels % heads:
        near = fitting_heads(channels, heads)
        raise UsageError(f"{heads} heads do not divide {channels} channels; the nearest number is {near}")
    return heads
