"""Networks for clips of other than three channels: optical flow (2), or L stacked fields of it (2 L).

Libraries build their networks for RGB. The convolutions that take the clip are those of the full-width
network with three input channels (SlowFast has two). They are replaced by ones for C channels, and nothing
else changes: an R(2+1)D's stem keeps the middle width that it has for RGB, as in its authors' flow networks,
and pretrained RGB weights fit all the rest.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from backbones.base.errors import UsageError

RGB = 3


def first_convolutions(net: nn.Module) -> list[str]:
    """Names of the convolutions that take an RGB clip. net: of full width, since a narrow one may have
    inner convolutions of three channels."""
    kinds = (nn.Conv2d, nn.Conv3d)
    named = [(name, m) for name, m in net.named_modules() if isinstance(m, kinds)]
    return [name for name, conv in named if conv.in_channels == RGB and conv.groups == 1]


def take_channels(net: nn.Module, names: list[str], channels: int) -> None:
    """Gives the convolutions `names` new weights for `channels` inputs, by He's normal rule, in place.

    A `UsageError` where there are none.
    """
    if not names:
        raise UsageError(
            f"{type(net).__name__} has no convolution over RGB that could take {channels} channels; "
            "let its builder take in_channels"
        )
    for name in names:
        conv = net.get_submodule(name)
        old: Tensor = conv.weight  # type: ignore[assignment]
        conv.weight = nn.Parameter(old.new_empty(old.shape[0], channels, *old.shape[2:]))
        conv.in_channels = channels  # type: ignore[assignment]
        nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")


def inflated(weight: Tensor, channels: int) -> Tensor:
    """RGB weights (O, 3, ...) for `channels` inputs: their mean over RGB, repeated, times 3 / channels.

    Wang et al. (ECCV 2016, "cross-modality pre-training") average and repeat; the factor keeps the response
    to a clip that is the same in all channels what it was to a grey one.
    """
    mean = weight.mean(dim=1, keepdim=True) * (RGB / channels)
    return mean.expand(-1, channels, *weight.shape[2:]).clone()


def inflatable(given: Tensor, wanted: torch.Size, channels: int) -> bool:
    """Whether `given` is a stem's weight over RGB where `wanted` is the shape of the same over `channels`."""
    same = given.dim() in (4, 5) and given.dim() == len(wanted) and given.shape[0] == wanted[0]
    return (
        channels != RGB
        and same
        and given.shape[2:] == wanted[2:]
        and (given.shape[1], wanted[1]) == (RGB, channels)
    )
