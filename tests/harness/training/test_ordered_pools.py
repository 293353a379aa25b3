"""Pools whose gradients are summed in one order: the values and gradients of PyTorch's own."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from harness.training import ordered_pools
from harness.training.ordered_pools import OrderedPools, adaptive_avg_pool, avg_pool, max_pool

SIDES = st.tuples(*[st.integers(3, 7)] * 3)


@st.composite
def windows(draw):
    """(kernel, stride, padding), the latter at most half of the kernel, as PyTorch wants it."""
    kernel = draw(st.tuples(*[st.integers(1, 3)] * 3))
    stride = draw(st.none() | st.integers(1, 3) | st.tuples(*[st.integers(1, 3)] * 3))
    return kernel, stride, tuple(draw(st.integers(0, size // 2)) for size in kernel)


def both(ours, theirs, x, window):
    """Of either (value, gradient), for the same gradient of the output."""
    found = []
    for pool in (ours, theirs):
        leaf = x.clone().requires_grad_()
        value = pool(leaf, *window)
        generator = torch.Generator().manual_seed(1)
        value.backward(torch.randn(value.shape, generator=generator, dtype=value.dtype))
        found.append((value.detach(), leaf.grad))
    return found


@given(SIDES, windows(), st.integers(0, 100))
@settings(deadline=None, max_examples=60)
def test_the_largest_where_many_are_equal(sides, window, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randint(3, (2, 2, *sides), generator=generator).double()
    x[0, 0, 0, 0, 0] = torch.nan
    (value, gradient), (wanted, wanted_gradient) = both(max_pool, F.max_pool3d, x, window)
    torch.testing.assert_close(value, wanted, rtol=0, atol=0, equal_nan=True)
    torch.testing.assert_close(gradient, wanted_gradient)


@given(SIDES, windows(), st.integers(0, 100))
@settings(deadline=None, max_examples=60)
def test_the_mean(sides, window, seed):
    x = torch.randn(2, 2, *sides, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    (value, gradient), (wanted, wanted_gradient) = both(avg_pool, F.avg_pool3d, x, window)
    torch.testing.assert_close(value, wanted)
    torch.testing.assert_close(gradient, wanted_gradient)


def test_the_mean_over_all():
    x = torch.randn(2, 3, 2, 4, 5)
    torch.testing.assert_close(adaptive_avg_pool(x, 1), F.adaptive_avg_pool3d(x, 1))
    assert adaptive_avg_pool(x, (1, 2, 2)) is None


@pytest.mark.parametrize(
    ("pool", "arguments"),
    [
        (max_pool, {"ceil_mode": True}),
        (max_pool, {"dilation": 2}),
        (avg_pool, {"ceil_mode": True}),
        (avg_pool, {"divisor_override": 3}),
        (avg_pool, {"padding": 1, "count_include_pad": False}),
    ],
)
def test_what_is_not_made_here_is_left_to_pytorch(pool, arguments):
    assert pool(torch.zeros(1, 1, 4, 4, 4), 2, **arguments) is None


def test_networks_call_what_is_replaced(monkeypatch):
    """By module and by function; on a CPU nothing is replaced, so the tensors here say that they are not."""
    seen = []
    for name, ours in list(ordered_pools._OURS.items()):
        monkeypatch.setitem(ordered_pools._OURS, name, lambda *a, ours=ours, **k: seen.append(ours))
    x = torch.randn(1, 2, 4, 4, 4)
    calls = [
        torch.nn.MaxPool3d(2, ceil_mode=False),
        torch.nn.AvgPool3d(2),
        torch.nn.AdaptiveAvgPool3d(1),
        lambda x: F.max_pool3d(x, 2),
    ]
    with OrderedPools():
        for call in calls:
            call(x)
        assert seen == []
        monkeypatch.setattr(torch.Tensor, "is_cuda", True)
        for call in calls:
            call(x)
    assert seen == [max_pool, avg_pool, adaptive_avg_pool, max_pool]
