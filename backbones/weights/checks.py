"""Whether tensors can be the weights of a network: of the right kind, finite, of a size that occurs."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from backbones.base.errors import UserError
from backbones.base.plain_text import clean

KINDS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
VARIANCE = "running_var"
COUNTER = "num_batches_tracked"  # without effect: some trainers average it as a float
LARGE = 1e6  # of a trained network's weights none is


def check_values(source: str, tensors: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> None:
    """Raises UserError for tensors whose values would be changed by loading, or give nothing finite.

    own: the network's tensors by the same names, of the same shapes.
    """
    other = [name for name, tensor in tensors.items() if not _is_of_kind(name, tensor, own[name])]
    if other:
        kind = str(tensors[other[0]].dtype).removeprefix("torch.")
        wanted = "floating-point" if own[other[0]].is_floating_point() else "whole"
        raise UserError(f"{source}: {_some(other)} has type {kind}, expected {wanted} numbers")
    if bad := [name for name, tensor in tensors.items() if not bool(torch.isfinite(tensor).all())]:
        raise UserError(f"{source}: {_some(bad)} has values that are not finite; take other weights")
    variances = [name for name in tensors if name.endswith(VARIANCE)]
    if bad := [name for name in variances if bool((tensors[name] < 0).any())]:
        raise UserError(f"{source}: {_some(bad)} has variances below 0; take other weights")


def large(tensors: Mapping[str, Tensor]) -> str:
    """Which weights, of any shape, are larger than trained ones are; "" where none is.

    Statistics of BatchNorm may be.
    """
    found = [
        name
        for name, tensor in tensors.items()
        if tensor.is_floating_point() and "running_" not in name and bool((tensor.abs() > LARGE).any())
    ]
    return f"{_some(found)} has values above {LARGE:g}" if found else ""


def _is_of_kind(name: str, given: Tensor, own: Tensor) -> bool:
    if own.is_floating_point() or (given.is_floating_point() and name.endswith(COUNTER)):
        return given.dtype in KINDS
    return not (given.is_floating_point() or given.is_complex()) and given.dtype != torch.bool


def _some(names: list[str]) -> str:
    """ "a.weight and 2 more" """
    return clean(names[0]) + (f" and {len(names) - 1} more" if names[1:] else "")
