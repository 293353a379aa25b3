"""pytorchvideo's R(2+1)D-50 behind the contract (the network of its Kinetics model zoo).

It is not the paper's R(2+1)D-50: inner widths are not enlarged, there is no max-pool, and the temporal
convolution comes before the spatial one; 28.11 M parameters with 400 classes.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn

from backbones.contract import Backbone, State
from backbones.parts.conv import pad_time_by_hand
from backbones.parts.width import scaled
from backbones.pretrained import Pretrained

URL = "https://dl.fbaipublicfiles.com/pytorchvideo/model_zoo/kinetics/R2PLUS1D_16x4_R50.pyth"
MEAN, STD = (0.45, 0.45, 0.45), (0.225, 0.225, 0.225)


class R2Plus1D50(Backbone):
    """Stages `stem`, `layer1` … `layer4`, maps. Embedding: mean of layer4, (B, 2048), before dropout."""

    middle = "layer3"

    def __init__(self, net: nn.Module, dropout: float) -> None:
        super().__init__()
        self.net: Any = pad_time_by_hand(net)
        self.dropout = nn.Dropout(dropout)

    @property
    def stages(self) -> Mapping[str, Callable[[State], State]]:
        return dict(zip(("stem", "layer1", "layer2", "layer3", "layer4"), self.net.blocks[:5], strict=True))

    def head(self, state: State) -> tuple[Tensor, Tensor]:
        embedding = self.pool(state)
        return self.net.blocks[5].proj(self.dropout(embedding)), embedding

    def zoo(self) -> Mapping[str, Callable[[], Pretrained]]:
        from backbones.weights.hubs import from_url

        return {"kinetics400": lambda: from_url(URL, prefix="net.", mean=MEAN, std=STD)}


def build(*, classes: int, frames: int, size: int, width: float = 1.0, dropout: float = 0.5) -> R2Plus1D50:
    """Any number of frames, any size: pooled by a mean, not by the library's fixed 4x7x7 kernel.

    The library ends in Softmax, even in training; here logits stay raw. dropout: before the classifier.
    """
    with warnings.catch_warnings():  # it scripts a function as it is imported, which PyTorch deprecates
        warnings.simplefilter("ignore", FutureWarning)
        from pytorchvideo.models.r2plus1d import create_r2plus1d
    net = create_r2plus1d(
        model_num_class=classes,
        dropout_rate=0.0,
        stem_dim_out=scaled(64, width),
        head_pool=None,
        head_activation=None,
    )
    return R2Plus1D50(net, dropout)
