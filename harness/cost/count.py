"""The cost of a network by counting: parameters, multiply-adds, FLOPs (measured: `harness.cost.latency`)."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode, flop_registry

from backbones.contract import Backbone, empty_clip

COUNTER = "torch.utils.flop_counter"
# A cross-check runs the network for real. Up to this many multiply-adds it takes no more than seconds.
CROSS_CHECK_LIMIT = 5e9
# fvcore also counts these, as if an element were a multiply-add; they are left out of the comparison.
FVCORE_ELSEWHERE = (
    "adaptive_avg_pool",
    "batch_norm",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "upsample",
)
# They move, make or compare numbers, and multiply or add none.
MOVES = {
    *("arange", "as_strided", "cat", "clone", "constant_pad_nd", "copy", "detach", "empty", "empty_like"),
    *(
        "empty_strided",
        "expand",
        "fill",
        "full",
        "full_like",
        "index",
        "index_put",
        "lift_fresh",
        "masked_fill",
    ),
    *("new_empty", "new_full", "new_ones", "new_zeros", "ones", "ones_like", "permute", "repeat", "roll"),
    *("scalar_tensor", "select", "slice", "slice_backward", "split", "split_with_sizes", "squeeze", "stack"),
    *("t", "to_copy", "transpose", "tril", "triu", "unbind", "unfold", "unsafe_view", "unsqueeze", "view"),
    *("zero", "zeros", "zeros_like", "eq", "ge", "gt", "le", "lt", "ne", "where", "alias", "flip", "gather"),
    *("embedding", "local_scalar_dense", "logical_not", "bitwise_not", "reshape_alias", "expand_as", "rand"),
}


@dataclass(frozen=True)
class Count:
    """The cost of one clip, counted.

    macs: multiply-adds; flops: 2 per multiply-add, by `counter`. uncounted: operators that do arithmetic and
    that neither counter saw (activations, sums, pooling). cross_check: fvcore's multiply-adds of convolutions
    and matrix products, or None where it was not run; it does not see fused attention.
    """

    parameters: int
    macs: int
    flops: int
    counter: str
    uncounted: list[str]
    cross_check: int | None


def count(backbone: Backbone, cross_check: bool | None = None) -> Count:
    """Count one clip of `backbone.frames` x `backbone.size`². Nothing is computed: tensors are on meta.

    A backbone built under `torch.device("meta")` costs no memory either. cross_check: whether fvcore counts
    too, which computes one clip on the CPU; by default where the weights are there and the network is small.
    """
    operators = Operators()
    with evaluating(backbone), FlopCounterMode(display=False) as counter, operators:
        torch.func.functional_call(backbone, _on_meta(backbone), (zero_clip(backbone, 1, "meta"),))
    flops = counter.get_total_flops()
    if cross_check is None:
        cross_check = flops / 2 <= CROSS_CHECK_LIMIT and not _is_meta(backbone)
    return Count(
        parameters=sum(parameter.numel() for parameter in backbone.parameters()),
        macs=flops // 2,
        flops=flops,
        counter=COUNTER,
        uncounted=operators.uncounted(),
        cross_check=fvcore_macs(backbone) if cross_check else None,
    )


class Operators(TorchDispatchMode):
    """Notes the name of every operator that runs and that the FLOP counter has no rule for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func._overloadpacket not in flop_registry:
            self.names.add(plain_name(func._overloadpacket.__name__))
        return func(*args, **(kwargs or {}))

    def uncounted(self) -> list[str]:
        """Those that do arithmetic and that fvcore has no rule for either, by name."""
        return sorted(
            name for name in self.names if name not in MOVES and not name.startswith(FVCORE_ELSEWHERE)
        )


def plain_name(operator: str) -> str:
    """`relu` for `relu_`, `batch_norm` for `native_batch_norm`, and so on."""
    return operator.strip("_").removeprefix("native_").removesuffix("_with_indices")


def fvcore_macs(backbone: Backbone) -> int:
    """Multiply-adds of convolutions and matrix products by fvcore, from one clip on the CPU."""
    logging.getLogger("fvcore").setLevel(logging.ERROR)
    with evaluating(backbone), placed(backbone, "cpu"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it traces with TorchScript, which PyTorch deprecates
        from fvcore.nn import FlopCountAnalysis

        analysis = FlopCountAnalysis(_Logits(backbone), zero_clip(backbone, 1, "cpu"))
        by_operator = analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).by_operator()
    return int(sum(n for name, n in by_operator.items() if not name.startswith(FVCORE_ELSEWHERE)))


class _Logits(torch.nn.Module):
    """A backbone that gives its logits alone: tracing knows no dataclasses."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, clip: Tensor) -> Tensor:
        return self.backbone(clip).logits


def count_stages(backbone: Backbone) -> dict[str, int]:
    """Multiply-adds of one clip by stage, the head last, of a backbone built under `torch.device("meta")`."""
    macs: dict[str, int] = {}
    state: Any = zero_clip(backbone, 1, "meta")
    with evaluating(backbone):
        for name, stage in (*backbone.stages.items(), ("head", backbone.head)):
            with FlopCounterMode(display=False) as counter:
                state = stage(state)
            macs[name] = counter.get_total_flops() // 2
    return macs


def zero_clip(backbone: Backbone, batch: int, device: str | torch.device) -> Tensor:
    """A clip of zeros as the backbone takes it, (B, C, T, H, W). batch: B."""
    return torch.zeros_like(empty_clip(backbone, batch, device))


def _on_meta(backbone: Backbone) -> dict[str, Tensor]:
    tensors = dict(backbone.named_parameters()) | dict(backbone.named_buffers())
    return {name: tensor.detach().to("meta") for name, tensor in tensors.items()}


def _is_meta(backbone: Backbone) -> bool:
    return any(parameter.is_meta for parameter in backbone.parameters())


@contextmanager
def evaluating(backbone: Backbone) -> Iterator[None]:
    """In evaluation mode meanwhile."""
    training = backbone.training
    backbone.eval()
    try:
        yield
    finally:
        backbone.train(training)


@contextmanager
def placed(backbone: Backbone, device: str | torch.device) -> Iterator[None]:
    """On `device` meanwhile."""
    home = next(backbone.parameters()).device
    backbone.to(device)
    try:
        yield
    finally:
        backbone.to(home)
