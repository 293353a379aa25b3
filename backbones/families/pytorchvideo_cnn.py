"""PyTorchVideo's convolutional networks behind the contract: ResNets (Slow, C2D, I3D, CSN), SlowFast, X3D.

Outputs equal the originals' with the same weights, but for two things: logits stay raw where the library
ends in Softmax, and maps are pooled by a mean, not by a kernel that fits one clip only.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from backbones.base.errors import UsageError
from backbones.contract import Backbone, State
from backbones.parts.conv import pad_time_by_hand
from backbones.parts.narrow import narrowed
from backbones.pretrained import Pretrained
from backbones.spec import GREY

ZOO = "https://dl.fbaipublicfiles.com/pytorchvideo/model_zoo/kinetics"
FILES = {
    "slow_r50": "SLOW_8x8_R50",
    "c2d_r50": "C2D_8x8_R50",
    "i3d_r50": "I3D_8x8_R50",
    "slowfast_r50": "SLOWFAST_8x8_R50",
    "csn_r101": "CSN_32x2_R101",
    "x3d_xs": "X3D_XS",
    "x3d_s": "X3D_S",
    "x3d_m": "X3D_M",
    "x3d_l": "X3D_L",
    "mvit_base_16x4": "MVIT_B_16x4",
}
ALPHA = 4  # frames of SlowFast's fast pathway to one of the slow pathway


class PyTorchVideo(Backbone):
    """A network `net` of the library's blocks, the last of which is the head; embedding: mean of layer4."""

    middle = "layer3"

    def __init__(self, network: str, net: nn.Module, dropout: float) -> None:
        super().__init__()
        self.network = network
        self.net: Any = pad_time_by_hand(net)
        self.dropout = nn.Dropout(dropout)

    @property
    def stages(self) -> Mapping[str, Callable[[State], State]]:
        """`stem`, `layer1` … `layer4`; a pooling between two layers opens the second one."""
        blocks = list(self.net.blocks[:-1])
        if len(blocks) == 6:
            blocks[2:4] = [self.net.blocks[2:4]]
        layers = [partial(run, block) if isinstance(block, nn.ModuleList) else block for block in blocks]
        return dict(zip(("stem", "layer1", "layer2", "layer3", "layer4"), layers, strict=True))

    def head(self, state: State) -> tuple[Tensor, Tensor]:
        embedding = self.pool(state)
        return self.net.blocks[-1].proj(self.dropout(embedding)), embedding

    def zoo(self) -> Mapping[str, Callable[[], Pretrained]]:
        from backbones.weights.hubs import from_url

        url = f"{ZOO}/{FILES[self.network]}.pyth"
        return {"kinetics400": partial(from_url, url, prefix="net.", mean=GREY[0], std=GREY[1])}


def run(blocks: nn.ModuleList, state: State) -> State:
    """The state after all blocks, one after the other."""
    for block in blocks:
        state = block(state)
    return state


class SlowFast(PyTorchVideo):
    """Feichtenhofer et al., ICCV 2019. States: [slow map, fast map]. Embedding: both means, (B, 2304).

    As a map, a state is its slow pathway, into which the fast one was fused.
    """

    @property
    def stages(self) -> Mapping[str, Callable[[State], State]]:
        names = ("stem", "layer1", "layer2", "layer3", "layer4")
        layers = [partial(both, block) for block in self.net.blocks[:5]]
        return dict(zip(names, [self.split, *layers[1:]], strict=True))

    def split(self, clip: Tensor) -> list[Tensor]:
        """Every frame to the fast pathway, a quarter of them, spread from first to last, to the slow one."""
        frames = clip.shape[2]
        slow = torch.linspace(0, frames - 1, frames // ALPHA).long().to(clip.device)
        return both(self.net.blocks[0], [clip.index_select(2, slow), clip])

    def read(self, state: State) -> Tensor:
        return state[0]

    def write(self, state: State, fmap: Tensor) -> State:
        return [fmap, state[1]]

    def pool(self, state: State) -> Tensor:
        return torch.cat([pathway.mean(dim=(2, 3, 4)) for pathway in state], dim=1)


def both(block: nn.Module, state: list[Tensor]) -> list[Tensor]:
    """One block on both pathways, (B, C, T, H, W) each; on a copy, as the library changes its list."""
    return block(list(state))


class X3D(PyTorchVideo):
    """Feichtenhofer, CVPR 2020. Embedding: what the classifier sees, (B, 2048), before dropout."""

    def head(self, state: State) -> tuple[Tensor, Tensor]:
        head = self.net.blocks[-1]
        projected = head.pool
        state = projected.pre_act(projected.pre_norm(projected.pre_conv(state)))
        state = state.mean(dim=(2, 3, 4), keepdim=True)
        embedding = projected.post_act(projected.post_conv(state)).flatten(1)
        return head.proj(self.dropout(embedding)), embedding


@contextmanager
def quiet_import() -> Iterator[None]:
    """The library scripts a function as it is imported, which PyTorch deprecates."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def resnet(
    *, classes: int, frames: int, size: int, width: float = 1.0, network: str, dropout: float = 0.5
) -> PyTorchVideo:
    """`network`: "slow_r50", "c2d_r50", "i3d_r50" or "csn_r101". Any number of frames, any size."""
    with quiet_import():
        from pytorchvideo.models import hub
    net: Any = getattr(hub, network)(model_num_class=classes, head_pool=None, head_activation=None)
    return PyTorchVideo(network, narrowed(net, width, net.blocks[-1].proj), dropout)


def slowfast(*, classes: int, frames: int, size: int, width: float = 1.0, dropout: float = 0.5) -> SlowFast:
    """SlowFast-R50 8x8: 34.57 M parameters with 400 classes.

    frames: of the fast pathway, a multiple of 4, else a `UsageError`.
    """
    if frames % ALPHA:
        raise UsageError(f"slowfast_r50 needs a multiple of {ALPHA} frames; given {frames}")
    with quiet_import():
        from pytorchvideo.models import hub
    net: Any = hub.slowfast_r50(model_num_class=classes)
    return SlowFast("slowfast_r50", narrowed(net, width, net.blocks[-1].proj), dropout)


def x3d(
    *, classes: int, frames: int, size: int, width: float = 1.0, network: str, dropout: float = 0.5
) -> X3D:
    """`network`: "x3d_xs", "x3d_s", "x3d_m" (one network, other clips) or "x3d_l" (deeper). Any clip."""
    with quiet_import():
        from pytorchvideo.models import hub
    net: Any = getattr(hub, network)(model_num_class=classes, head_activation=None)
    swish_as_silu(net)
    return X3D(network, narrowed(net, width, net.blocks[-1].proj), dropout)


def swish_as_silu(module: nn.Module) -> None:
    """The same function in one operator that PyTorch can trace and run in bf16."""
    for name, child in module.named_children():
        if type(child).__name__ == "Swish":
            setattr(module, name, nn.SiLU())
        else:
            swish_as_silu(child)
