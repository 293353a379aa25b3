"""Padding time by hand changes nothing but who pads."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from backbones.parts.conv import Conv3d, channels_last, pad_time_by_hand, pads_time


@settings(max_examples=25, deadline=None)
@given(
    time=st.integers(1, 6),
    kernel=st.sampled_from([(3, 1, 1), (7, 1, 1), (3, 3, 3), (1, 3, 3), (2, 1, 1)]),
    stride=st.integers(1, 2),
    groups=st.sampled_from([1, 2]),
    bias=st.booleans(),
)
def test_equals_the_ordinary_convolution(
    time: int, kernel: tuple[int, int, int], stride: int, groups: int, bias: bool
) -> None:
    torch.manual_seed(0)
    padding = (kernel[0] // 2, kernel[1] // 2, kernel[2] // 2)
    ours = Conv3d(4, 6, kernel, stride=stride, padding=padding, groups=groups, bias=bias)
    plain = nn.Conv3d(4, 6, kernel, stride=stride, padding=padding, groups=groups, bias=bias)
    plain.load_state_dict(ours.state_dict())
    x = torch.randn(2, 4, time, 5, 5)
    torch.testing.assert_close(ours(x), plain(x))


def test_the_padded_clip_stays_channels_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checked on what the kernel is given: some CPU kernels give back another format whatever they get."""
    given: list[tuple[torch.Tensor, object]] = []
    real = F.conv3d

    def spy(
        x: torch.Tensor, weight: torch.Tensor, bias: object, stride: object, padding: object, *rest: object
    ):
        given.append((x, padding))
        return real(x, weight, bias, stride, padding, *rest)  # type: ignore[call-overload]

    monkeypatch.setattr(F, "conv3d", spy)
    conv = Conv3d(4, 6, (3, 3, 3), padding=(1, 1, 1))
    conv(torch.randn(2, 4, 2, 5, 5).contiguous(memory_format=torch.channels_last_3d))
    ((x, padding),) = given
    assert x.shape == (2, 4, 4, 5, 5)
    assert x.is_contiguous(memory_format=torch.channels_last_3d)
    assert padding == (0, 1, 1)


def test_swap_keeps_keys_parameters_and_outputs() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv3d(3, 4, 3, padding=1), nn.Sequential(nn.Conv3d(4, 4, (1, 3, 3), padding=(0, 1, 1)))
    )
    x = torch.randn(1, 3, 2, 6, 6)
    expected, keys, parameters = net(x), list(net.state_dict()), [id(p) for p in net.parameters()]
    pad_time_by_hand(net)
    assert type(net[0]) is Conv3d
    assert type(net[1][0]) is nn.Conv3d  # type: ignore[index]
    assert list(net.state_dict()) == keys
    assert [id(p) for p in net.parameters()] == parameters
    torch.testing.assert_close(net(x), expected)


def test_swap_draws_nothing_from_the_generator() -> None:
    net = nn.Sequential(nn.Conv3d(3, 4, 3, padding=1))
    torch.manual_seed(0)
    pad_time_by_hand(net)
    after = torch.rand(1)
    torch.manual_seed(0)
    assert torch.equal(after, torch.rand(1))


@pytest.mark.parametrize(
    ("conv", "pads"),
    [
        (nn.Conv3d(1, 1, 3, padding=1), True),
        (nn.Conv3d(1, 1, (1, 3, 3), padding=1), False),
        (nn.Conv3d(1, 1, 3, padding=(0, 1, 1)), False),
        (nn.Conv3d(1, 1, 3, padding=1, padding_mode="replicate"), False),
    ],
)
def test_which_convolutions_pad_time(conv: nn.Conv3d, pads: bool) -> None:
    assert pads_time(conv) is pads


def test_channels_last_takes_mixed_networks() -> None:
    net = channels_last(nn.ModuleList([nn.Conv2d(3, 4, 3), nn.Conv3d(3, 4, 3), nn.Linear(2, 2)]))
    assert net[0].weight.is_contiguous(memory_format=torch.channels_last)  # type: ignore[index]
    assert net[1].weight.is_contiguous(memory_format=torch.channels_last_3d)  # type: ignore[index]
