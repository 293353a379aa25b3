"""3D pooling whose gradient is summed in one order on a GPU, where PyTorch's own is not.

PyTorch adds the gradients of overlapping windows in whichever order threads come (its issue 107011), and
refuses to under deterministic algorithms. Here each offset within the window is one step: within a step no
two windows meet, and the steps have an order.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.overrides import TorchFunctionMode

Triple = tuple[int, int, int]
Sizes = int | Sequence[int]


class OrderedPools(TorchFunctionMode):
    """Within it pools of tensors on a GPU are those of this module, whoever calls them.

    Those that dilate, round up, or give indices stay PyTorch's.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given = dict(kwargs or {})
        ours = _OURS.get(func)
        if ours and args and isinstance(args[0], Tensor) and args[0].is_cuda:
            with torch._C.DisableTorchFunction():
                found = ours(*args, **given)
            if found is not None:
                return found
        return func(*args, **given)


def max_pool(
    x: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor | None:
    """`torch.max_pool3d`, values and gradients. x: (B, C, T, H, W). None where it is not made here."""
    if ceil_mode or return_indices or _triple(dilation) != (1, 1, 1) or x.dim() != 5:
        return None
    found: Tensor = _MaxPool.apply(x, *_window(kernel_size, stride, padding))
    return found


def avg_pool(
    x: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor | None:
    """`torch.nn.functional.avg_pool3d`, likewise. x: (B, C, T, H, W)."""
    window = _window(kernel_size, stride, padding)
    padded = any(window[2])
    if ceil_mode or divisor_override or (padded and not count_include_pad) or x.dim() != 5:
        return None
    found: Tensor = _AvgPool.apply(x, *window)
    return found


def adaptive_avg_pool(x: Tensor, output_size: Sizes | None) -> Tensor | None:
    """`torch.nn.functional.adaptive_avg_pool3d` of x (B, C, T, H, W) to one place; None for more."""
    size = output_size
    places = (size,) * 3 if isinstance(size, int) or size is None else tuple(size)
    return x.mean((-3, -2, -1), keepdim=True) if places == (1, 1, 1) else None


_OURS: dict[Callable[..., Any], Callable[..., Tensor | None]] = {
    F.max_pool3d: max_pool,
    torch.max_pool3d: max_pool,
    F.avg_pool3d: avg_pool,
    F.adaptive_avg_pool3d: adaptive_avg_pool,
}


class _MaxPool(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, kernel: Triple, stride: Triple, padding: Triple) -> Tensor:
        padded = _padded(x, padding, float("-inf"))
        places = _places(padded, kernel, stride)
        best = padded[next(places)].clone()
        chosen = torch.zeros_like(best, dtype=torch.uint8 if _count(kernel) < 256 else torch.int32)
        for number, place in enumerate(places, start=1):
            value = padded[place]
            larger = (value > best) | value.isnan()
            best = torch.where(larger, value, best)
            chosen.masked_fill_(larger, number)
        ctx.save_for_backward(chosen)
        ctx.sizes = x.shape, kernel, stride, padding
        return best

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        (chosen,) = ctx.saved_tensors
        return _spread(ctx.sizes, lambda number: gradient * (chosen == number)), None, None, None


class _AvgPool(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, kernel: Triple, stride: Triple, padding: Triple) -> Tensor:
        ctx.sizes = x.shape, kernel, stride, padding
        return torch._C._nn.avg_pool3d(x, kernel, stride, padding)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        each = gradient / _count(ctx.sizes[1])
        return _spread(ctx.sizes, lambda number: each), None, None, None


def _spread(sizes: tuple[torch.Size, Triple, Triple, Triple], share: Callable[[int], Tensor]) -> Tensor:
    """What each input gets: `share(n)` of each window goes to its n-th place."""
    shape, kernel, stride, padding = sizes
    like = share(0)
    sides = [size + 2 * by for size, by in zip(shape[2:], padding, strict=True)]
    total = like.new_zeros([*shape[:2], *sides])
    for number, place in enumerate(_places(total, kernel, stride)):
        total[place] += like if number == 0 else share(number)
    inner: tuple[Any, ...] = tuple(slice(by, by + size) for size, by in zip(shape[2:], padding, strict=True))
    return total[(..., *inner)]


def _places(padded: Tensor, kernel: Triple, stride: Triple) -> Iterator[tuple[Any, ...]]:
    """For each place within the window, where it lies in the padded input, over all windows."""
    sides = padded.shape[2:]
    windows = [(side - size) // step + 1 for side, size, step in zip(sides, kernel, stride, strict=True)]
    for offsets in itertools.product(*(range(size) for size in kernel)):
        yield (
            ...,
            *(
                slice(offset, offset + (count - 1) * step + 1, step)
                for offset, count, step in zip(offsets, windows, stride, strict=True)
            ),
        )


def _window(kernel: Sizes, stride: Sizes | None, padding: Sizes) -> tuple[Triple, Triple, Triple]:
    # PyTorch takes an empty stride for the kernel's size.
    steps = kernel if stride is None or (not isinstance(stride, int) and not len(stride)) else stride
    return _triple(kernel), _triple(steps), _triple(padding)


def _padded(x: Tensor, padding: Triple, value: float) -> Tensor:
    time, height, width = padding
    return F.pad(x, (width, width, height, height, time, time), value=value) if any(padding) else x


def _triple(sizes: Sizes) -> Triple:
    first, *rest = (sizes,) if isinstance(sizes, int) else sizes
    second, third = rest or (first, first)
    return first, second, third


def _count(kernel: Triple) -> int:
    return kernel[0] * kernel[1] * kernel[2]
