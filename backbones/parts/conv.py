"""3D convolution that pads time by hand on a CPU, where the padded kernel's bf16 gradients are wrong."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Conv3d(nn.Conv3d):
    """`torch.nn.Conv3d`, same parameters and same result, with right bf16 weight gradients on a CPU.

    On CPUs with bf16 units, PyTorch (measured: 2.13 and 2.15) gives weight gradients that are 87–100 % off
    when a temporal kernel padded in time meets an input of T = 2. With the zero frames written out before
    the call, the error is that of bf16 itself, 0.2 %. Elsewhere (CUDA, meta) the call is the ordinary one.
    """

    def forward(self, input: Tensor) -> Tensor:
        """input: (B, C, T, H, W)."""
        if input.device.type != "cpu" or not pads_time(self):
            return super().forward(input)
        time, height, width = (int(side) for side in self.padding)
        padded = F.pad(input, (0, 0, 0, 0, time, time))
        return F.conv3d(
            padded, self.weight, self.bias, self.stride, (0, height, width), self.dilation, self.groups
        )


def pads_time(conv: nn.Conv3d) -> bool:
    """Whether `conv` has a temporal kernel that reaches zeros padded before and after the clip."""
    if isinstance(conv.padding, str) or conv.padding_mode != "zeros":
        return False
    return conv.padding[0] > 0 and conv.kernel_size[0] > 1


def pad_time_by_hand(module: nn.Module) -> nn.Module:
    """`module` with every convolution that pads time replaced by our `Conv3d`, in place.

    Parameters are the same objects, and the keys of the state dict stay as they were.
    """
    for name, child in module.named_children():
        if isinstance(child, nn.Conv3d) and not isinstance(child, Conv3d) and pads_time(child):
            setattr(module, name, _by_hand(child))
        else:
            pad_time_by_hand(child)
    return module


def _by_hand(conv: nn.Conv3d) -> Conv3d:
    with torch.device("meta"):  # allocates nothing; draws nothing from the generator
        twin = Conv3d(
            conv.in_channels,
            conv.out_channels,
            conv.kernel_size,  # type: ignore[arg-type]
            stride=conv.stride,  # type: ignore[arg-type]
            padding=conv.padding,  # type: ignore[arg-type]
            dilation=conv.dilation,  # type: ignore[arg-type]
            groups=conv.groups,
            bias=conv.bias is not None,
        )
    twin.weight, twin.bias = conv.weight, conv.bias
    return twin.train(conv.training)


def channels_last(module: nn.Module) -> nn.Module:
    """`module` with 5-D parameters in channels_last_3d and 4-D ones in channels_last, in place.

    `module.to(memory_format=torch.channels_last_3d)` raises on a network that also holds 2D convolutions.
    """
    formats = {4: torch.channels_last, 5: torch.channels_last_3d}
    for parameter in module.parameters():
        if parameter.dim() in formats:
            parameter.data = parameter.data.contiguous(memory_format=formats[parameter.dim()])
    return module
