"""What a network costs: parameters, multiply-adds and FLOPs by counting, latency and memory by measuring."""

from __future__ import annotations

import ctypes
import logging
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
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


@dataclass(frozen=True)
class Latency:
    """The cost of a forward pass in evaluation, measured.

    median_s, fastest_s: seconds per pass of `batch` clips, over `repeats` passes after `warmup` ones.
    peak_memory_bytes: weights plus the largest increase during a pass, found as memory_method says.
    """

    median_s: float
    fastest_s: float
    peak_memory_bytes: int | None
    memory_method: str | None
    device: str
    precision: str
    batch: int
    warmup: int
    repeats: int


def count(backbone: Backbone, cross_check: bool | None = None) -> Count:
    """Count one clip of `backbone.frames` x `backbone.size`². Nothing is computed: tensors are on meta.

    A backbone built under `torch.device("meta")` costs no memory either. cross_check: whether fvcore counts
    too, which computes one clip on the CPU; by default where the weights are there and the network is small.
    """
    operators = Operators()
    with _evaluating(backbone), FlopCounterMode(display=False) as counter, operators:
        torch.func.functional_call(backbone, _on_meta(backbone), (_clip(backbone, 1, "meta"),))
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
    with _evaluating(backbone), _placed(backbone, "cpu"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it traces with TorchScript, which PyTorch deprecates
        from fvcore.nn import FlopCountAnalysis

        analysis = FlopCountAnalysis(_Logits(backbone), _clip(backbone, 1, "cpu"))
        by_operator = analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).by_operator()
    return int(sum(n for name, n in by_operator.items() if not name.startswith(FVCORE_ELSEWHERE)))


class _Logits(torch.nn.Module):
    """A backbone that gives its logits alone: tracing knows no dataclasses."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, clip: Tensor) -> Tensor:
        return self.backbone(clip).logits


def measure(
    backbone: Backbone,
    batch: int = 1,
    device: str = "cpu",
    precision: str = "fp32",
    warmup: int = 2,
    repeats: int = 10,
    seconds: float = 20.0,
) -> Latency:
    """Time forward passes of `batch` random clips, and find their peak memory.

    precision: "fp32" or "bf16" (autocast). No further pass starts after `seconds`, once there were three.
    The first pass is warm-up, and the one whose memory is measured.
    """
    place = torch.device(device)
    with _evaluating(backbone), _placed(backbone, place), torch.inference_mode():
        clip = _clip(backbone, batch, place).contiguous(memory_format=torch.channels_last_3d)

        def run() -> None:
            with torch.autocast(place.type, torch.bfloat16, enabled=precision == "bf16"):
                backbone(clip)

        increase, method = (_cuda_increase if place.type == "cuda" else _rss_increase)(run)
        for _ in range(warmup - 1):
            run()
        times = _times(run, _cuda_seconds if place.type == "cuda" else _cpu_seconds, repeats, seconds)
    weights = sum(tensor.nbytes for tensor in (*backbone.parameters(), *backbone.buffers()))
    return Latency(
        median_s=statistics.median(times),
        fastest_s=min(times),
        peak_memory_bytes=None if increase is None else weights + increase,
        memory_method=method,
        device=place.type,
        precision=precision,
        batch=batch,
        warmup=warmup,
        repeats=len(times),
    )


def _times(
    run: Callable[[], None], clock: Callable[[Callable[[], None]], float], repeats: int, seconds: float
) -> list[float]:
    times: list[float] = []
    started = time.perf_counter()
    while len(times) < repeats and (len(times) < 3 or time.perf_counter() - started < seconds):
        times.append(clock(run))
    return times


def _cpu_seconds(run: Callable[[], None]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _cuda_seconds(run: Callable[[], None]) -> float:
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    begin.record()
    run()
    end.record()
    end.synchronize()
    return begin.elapsed_time(end) / 1000


def _cuda_increase(run: Callable[[], None]) -> tuple[int, str]:
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    run()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() - before, "weights + increase of torch.cuda.max_memory_allocated"


def _rss_increase(run: Callable[[], None]) -> tuple[int | None, str | None]:
    """Linux resets a process's peak of resident memory on request; elsewhere it is not measured."""
    try:
        _give_back_freed_memory()
        Path("/proc/self/clear_refs").write_text("5")
        before = _status_bytes("VmRSS")
    except OSError:
        run()
        return None, None
    run()
    return max(0, _status_bytes("VmHWM") - before), "weights + increase of peak resident memory (VmHWM)"


def _give_back_freed_memory() -> None:
    """Memory that earlier work freed and malloc kept would hide what a pass needs."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _status_bytes(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise OSError(f"/proc/self/status has no {field}")


def _clip(backbone: Backbone, batch: int, device: str | torch.device) -> Tensor:
    return torch.zeros_like(empty_clip(backbone, batch, device))


def _on_meta(backbone: Backbone) -> dict[str, Tensor]:
    tensors = dict(backbone.named_parameters()) | dict(backbone.named_buffers())
    return {name: tensor.detach().to("meta") for name, tensor in tensors.items()}


def _is_meta(backbone: Backbone) -> bool:
    return any(parameter.is_meta for parameter in backbone.parameters())


@contextmanager
def _evaluating(backbone: Backbone) -> Iterator[None]:
    training = backbone.training
    backbone.eval()
    try:
        yield
    finally:
        backbone.train(training)


@contextmanager
def _placed(backbone: Backbone, device: str | torch.device) -> Iterator[None]:
    """On `device` meanwhile."""
    home = next(backbone.parameters()).device
    backbone.to(device)
    try:
        yield
    finally:
        backbone.to(home)
