"""torchvision's R(2+1)D-18 and Video Swin-T behind the contract (its MViTv2: `torchvision_mvit`).

Outputs equal the originals' with the same weights; the state dict is theirs under the prefix `net.`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from torchvision.models import WeightsEnum
from torchvision.models import video as zoo
from torchvision.models.video.swin_transformer import SwinTransformer3d

from backbones.contract import Backbone, State
from backbones.conv import pad_time_by_hand
from backbones.width import fitting_heads, full_width_only, scaled

if TYPE_CHECKING:
    from backbones.weights import Pretrained


class TorchvisionVideo(Backbone):
    """A torchvision network `net`, and its published weights."""

    published: WeightsEnum

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net: Any = pad_time_by_hand(net)

    def zoo(self) -> Mapping[str, Callable[[], Pretrained]]:
        from backbones.hubs import from_torchvision

        return {"kinetics400": lambda: from_torchvision(self.published, prefix="net.")}


class R2Plus1D18(TorchvisionVideo):
    """Tran et al., CVPR 2018, as torchvision builds it. Embedding: mean of layer4, (B, 512)."""

    middle = "layer3"
    published = zoo.R2Plus1D_18_Weights.KINETICS400_V1

    @property
    def stages(self) -> Mapping[str, Callable[[State], State]]:
        return {name: getattr(self.net, name) for name in ("stem", "layer1", "layer2", "layer3", "layer4")}

    def head(self, state: State) -> tuple[Tensor, Tensor]:
        embedding = self.pool(state)
        return self.net.fc(embedding), embedding


class Swin3D(TorchvisionVideo):
    """Liu et al., CVPR 2022. States: channels-last maps (B, T, H, W, C). Embedding: their mean, (B, C)."""

    middle = "layer3"
    published = zoo.Swin3D_T_Weights.KINETICS400_V1

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


def r2plus1d18(*, classes: int, frames: int, size: int, width: float = 1.0) -> R2Plus1D18:
    """31,505,325 parameters with 400 classes. Any number of frames, any size."""
    full_width_only("r2plus1d18_tv", width, "use width 1, or 'r2plus1d18', which has a width")
    return R2Plus1D18(zoo.r2plus1d_18(num_classes=classes))


def swin3d_t(*, classes: int, frames: int, size: int, width: float = 1.0, drop_path: float = 0.1) -> Swin3D:
    """28.2 M parameters with 400 classes. Heads keep their 32 channels as nearly as they divide.

    drop_path: probability of stochastic depth in the last block, rising to it linearly.
    """
    channels = max(4, scaled(96, width))
    heads = [fitting_heads(channels * 2**i, 3 * 2**i * width) for i in range(4)]
    net = SwinTransformer3d(
        patch_size=[2, 4, 4],
        embed_dim=channels,
        depths=[2, 2, 6, 2],
        num_heads=heads,
        window_size=[8, 7, 7],
        stochastic_depth_prob=drop_path,
        num_classes=classes,
    )
    return Swin3D(net)
