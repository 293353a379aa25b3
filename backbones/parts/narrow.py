"""The `width` setting for convolutional networks whose library builds them in one width."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from backbones.parts.width import scaled


def narrowed(net: nn.Module, width: float, classifier: nn.Module) -> nn.Module:
    """`net` with the channels of its convolutions, norms and linear layers times `width`, in place.

    What the first layers take (3 colours, or stacked flow) and what `classifier` gives stay. A depthwise
    convolution stays depthwise. Rounding a number of channels is the same everywhere, so sums fit; widths
    like 1/2, 1/4, 1/8 keep concatenations fitting too. Convolutions are drawn anew by He's normal rule over
    the fan-out, linear layers as PyTorch does; norms keep their constants.
    """
    if width != 1:
        first = next(m for m in net.modules() if isinstance(m, nn.Conv2d | nn.Conv3d))
        _narrow(net, width, first.in_channels, classifier)
    return net


def _narrow(module: nn.Module, width: float, given: int, classifier: nn.Module) -> None:
    for name, child in module.named_children():
        if isinstance(child, nn.Conv2d | nn.Conv3d):
            inputs = given if child.in_channels == given else scaled(child.in_channels, width)
            outputs = child.out_channels if child is classifier else scaled(child.out_channels, width)
            setattr(module, name, _convolution(child, inputs, outputs))
        elif isinstance(child, nn.BatchNorm2d | nn.BatchNorm3d):
            setattr(module, name, _norm(child, scaled(child.num_features, width)))
        elif isinstance(child, nn.Linear):
            outputs = child.out_features if child is classifier else scaled(child.out_features, width)
            linear = nn.Linear(scaled(child.in_features, width), outputs, child.bias is not None)
            setattr(module, name, linear)
        else:
            _narrow(child, width, given, classifier)


def _convolution(conv: nn.Conv2d | nn.Conv3d, inputs: int, outputs: int) -> nn.Module:
    kind: Any = nn.Conv3d if isinstance(conv, nn.Conv3d) else nn.Conv2d
    depthwise = conv.groups == conv.in_channels > 1
    twin = kind(
        inputs,
        outputs,
        conv.kernel_size,
        stride=conv.stride,
        padding=conv.padding,
        dilation=conv.dilation,
        groups=inputs if depthwise else conv.groups,
        bias=conv.bias is not None,
    )
    nn.init.kaiming_normal_(twin.weight, mode="fan_out", nonlinearity="relu")
    return twin


def _norm(norm: nn.BatchNorm2d | nn.BatchNorm3d, channels: int) -> nn.Module:
    twin = type(norm)(channels, eps=norm.eps, momentum=norm.momentum, affine=norm.affine)
    if norm.affine:
        with torch.no_grad():  # a library may start the last norm of a block at 0
            twin.weight.copy_(norm.weight[0].expand(channels))
            twin.bias.copy_(norm.bias[0].expand(channels))
    return twin
