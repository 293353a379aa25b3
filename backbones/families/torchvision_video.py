"""torchvision's 3D ResNets, S3D and Video Swin behind the contract (its MViTs: `torchvision_mvit`).

Outputs equal the originals' with the same weights; the state dict is theirs under the prefix `net.`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from torch import Tensor, nn
from torchvision.models import WeightsEnum
from torchvision.models import video as zoo
from torchvision.models.video.swin_transformer import SwinTransformer3d

from backbones.base.errors import UsageError
from backbones.contract import Backbone, State
from backbones.parts.conv import pad_time_by_hand
from backbones.parts.narrow import narrowed
from backbones.parts.width import fitting_heads, scaled
from backbones.pretrained import Pretrained

S3D_MINIMUM = (8, 32)  # frames, pixels


class TorchvisionVideo(Backbone):
    """A torchvision network `net`, and its published weights by name."""

    def __init__(self, net: nn.Module, published: Mapping[str, WeightsEnum]) -> None:
        super().__init__()
        self.net: Any = pad_time_by_hand(net)
        self.published = published

    def zoo(self) -> Mapping[str, Callable[[], Pretrained]]:
        from backbones.weights.hubs import from_torchvision

        return {
            name: partial(from_torchvision, weights, prefix="net.")
            for name, weights in self.published.items()
        }


class ResNet18(TorchvisionVideo):
    """Tran et al., CVPR 2018, as torchvision builds them. Embedding: mean of layer4, (B, 512)."""

    middle = "layer3"

    @property
    def stages(self) -> Mapping[str, Callable[[State], State]]:
        return {name: getattr(self.net, name) for name in ("stem", "layer1", "layer2", "layer3", "layer4")}

    def head(self, state: State) -> tuple[Tensor, Tensor]:
        embedding = self.pool(state)
        return self.net.fc(embedding), embedding


class S3D(TorchvisionVideo):
    """Xie et al., ECCV 2018. Embedding: mean of layer4, (B, 1024), before dropout.

    A mean over the whole map, which the library's average of 2x7x7 windows is at 16 frames of 224 px.
    """

    middle = "layer3"

    @property
    def stages(self) -> Mapping[str, Callable[[State], State]]:
        """A max-pool opens the layer after it."""
        features = self.net.features
        bounds = {"stem": (0, 1), "layer1": (1, 4), "layer2": (4, 7), "layer3": (7, 13), "layer4": (13, 16)}
        return {name: features[start:end] for name, (start, end) in bounds.items()}

    def head(self, state: State) -> tuple[Tensor, Tensor]:
        embedding = self.pool(state)
        logits = self.net.classifier(embedding[..., None, None, None])
        return logits.flatten(1), embedding


class Swin3D(TorchvisionVideo):
    """Liu et al., CVPR 2022. States: channels-last maps (B, T, H, W, C). Embedding: their mean, (B, C)."""

    middle = "layer3"

    @property
    def stages(self) -> Mapping[str, Callable[[State], State]]:
        """A patch merging opens the layer after it, so that a layer ends in its own width."""
        features = self.net.features
        return {
            "stem": lambda clip: self.net.pos_drop(self.net.patch_embed(clip)),
            "layer1": features[0],
            "layer2": features[1:3],
            "layer3": features[3:5],
            "layer4": lambda state: self.net.norm(features[5:7](state)),
        }

    def read(self, state: State) -> Tensor:
        return state.permute(0, 4, 1, 2, 3)

    def write(self, state: State, fmap: Tensor) -> State:
        return fmap.permute(0, 2, 3, 4, 1)

    def head(self, state: State) -> tuple[Tensor, Tensor]:
        embedding = self.pool(state)
        return self.net.head(embedding), embedding


RESNETS: dict[str, WeightsEnum] = {
    "r3d_18": zoo.R3D_18_Weights.KINETICS400_V1,
    "mc3_18": zoo.MC3_18_Weights.KINETICS400_V1,
    "r2plus1d_18": zoo.R2Plus1D_18_Weights.KINETICS400_V1,
}


class SwinShape(NamedTuple):
    """channels: of the first layer. depth: blocks of the third layer."""

    channels: int
    depth: int
    published: Mapping[str, WeightsEnum]


SWINS = {
    "t": SwinShape(96, 6, {"kinetics400": zoo.Swin3D_T_Weights.KINETICS400_V1}),
    "s": SwinShape(96, 18, {"kinetics400": zoo.Swin3D_S_Weights.KINETICS400_V1}),
    "b": SwinShape(
        128,
        18,
        {
            "kinetics400": zoo.Swin3D_B_Weights.KINETICS400_V1,
            "kinetics400_imagenet22k": zoo.Swin3D_B_Weights.KINETICS400_IMAGENET22K_V1,
        },
    ),
}


def resnet18(*, classes: int, frames: int, size: int, width: float = 1.0, network: str) -> ResNet18:
    """`network`: "r3d_18", "mc3_18" or "r2plus1d_18". Any number of frames, any size."""
    net: Any = getattr(zoo, network)(num_classes=classes)
    return ResNet18(narrowed(net, width, net.fc), {"kinetics400": RESNETS[network]})


def s3d(*, classes: int, frames: int, size: int, width: float = 1.0, dropout: float = 0.2) -> S3D:
    """8.32 M parameters with 400 classes. dropout: before the classifier.

    A `UsageError` for clips that are too small for its strides.
    """
    if frames < S3D_MINIMUM[0] or size < S3D_MINIMUM[1]:
        raise UsageError(
            f"s3d halves time three times and space five times: it needs at least {S3D_MINIMUM[0]} frames of "
            f"{S3D_MINIMUM[1]} px; given {frames} frames of {size} px"
        )
    net = zoo.s3d(num_classes=classes, dropout=dropout)
    return S3D(narrowed(net, width, net.classifier[1]), {"kinetics400": zoo.S3D_Weights.KINETICS400_V1})


def swin3d(
    *,
    classes: int,
    frames: int,
    size: int,
    width: float = 1.0,
    variant: str = "t",
    drop_path: float = 0.1,
) -> Swin3D:
    """`variant` t, s or b. Heads keep their 32 channels as nearly as they divide.

    drop_path: probability of stochastic depth in the last block, rising to it linearly.
    """
    shape = SWINS[variant]
    channels = max(4, scaled(shape.channels, width))
    heads = [fitting_heads(channels * 2**i, shape.channels / 32 * 2**i * width) for i in range(4)]
    net = SwinTransformer3d(
        patch_size=[2, 4, 4],
        embed_dim=channels,
        depths=[2, 2, shape.depth, 2],
        num_heads=heads,
        window_size=[8, 7, 7],
        stochastic_depth_prob=drop_path,
        num_classes=classes,
    )
    return Swin3D(net, shape.published)
