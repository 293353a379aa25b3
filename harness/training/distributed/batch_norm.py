"""BatchNorm over the clips of all processes (`train.sync_batchnorm`)."""

from __future__ import annotations

from types import MethodType

import torch
from torch import Tensor, distributed, nn
from torch.autograd.function import FunctionCtx, once_differentiable
from torch.nn.modules.batchnorm import _BatchNorm


def synchronise(module: nn.Module) -> None:
    """In place, and on any device (torch's own is for GPUs alone): in training each BatchNorm normalises by
    the mean and variance over all processes; parameters and buffers keep their names. For one process there
    is nothing to do.

    All processes must pass through the same layers in the same order.
    """
    for part in module.modules():
        if isinstance(part, _BatchNorm):
            part.forward = MethodType(_forward, part)  # type: ignore[method-assign]


def _forward(norm: _BatchNorm, x: Tensor) -> Tensor:
    """x: (B, C, ...), B of this process; the same shape and dtype comes back."""
    if not norm.training:
        return type(norm).forward(norm, x)
    axes, values = [axis for axis in range(x.dim()) if axis != 1], x.float()
    own = torch.tensor([x.numel() / x.shape[1]], device=x.device)
    totals = _Summed.apply(torch.cat([values.sum(axes), own]))
    count = totals[-1]
    mean = totals[:-1] / count
    shape = [1, -1, *[1] * (x.dim() - 2)]
    centred = values - mean.view(shape)
    # In a second pass: E[x²] - E[x]² would cancel where the mean is large.
    variance = _Summed.apply(centred.square().sum(axes)) / count
    if norm.track_running_stats:
        _track(norm, mean.detach(), variance.detach() * count.detach() / (count.detach() - 1))
    normalised = centred * (variance + norm.eps).rsqrt().view(shape)
    if norm.affine:
        normalised = normalised * norm.weight.view(shape) + norm.bias.view(shape)
    return normalised.to(x.dtype)


class _Summed(torch.autograd.Function):
    """The sum over all processes, whose gradient is the sum of theirs."""

    @staticmethod
    def forward(ctx: FunctionCtx, own: Tensor) -> Tensor:
        total = own.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, gradient: Tensor) -> Tensor:
        total = gradient.clone()
        distributed.all_reduce(total)
        return total


@torch.no_grad()
def _track(norm: _BatchNorm, mean: Tensor, variance: Tensor) -> None:
    """mean, variance: (C,) of the batch, the variance with count - 1 in the denominator."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    assert norm.num_batches_tracked is not None
    norm.num_batches_tracked.add_(1)
    share = 1 / float(norm.num_batches_tracked) if norm.momentum is None else norm.momentum
    norm.running_mean.lerp_(mean, share)
    norm.running_var.lerp_(variance, share)
