"""Hara's form, where others of the same name differ."""

from typing import Any

import pytest
import torch

from backbones import build
from backbones.base.errors import UsageError
from backbones.families.resnet3d import Conv2Plus1D


@pytest.mark.parametrize(
    ("inputs", "outputs", "kernel", "middle"),
    [
        (3, 64, (7, 7, 7), 110),  # 7·49·3·64 / (49·3 + 7·64) = 65856 / 595 = 110.7
        (64, 64, (3, 3, 3), 144),  # 27·64·64 / (9·64 + 3·64) = 110592 / 768
        (64, 128, (3, 3, 3), 230),  # 27·64·128 / (9·64 + 3·128) = 221184 / 960 = 230.4
        (512, 512, (3, 3, 3), 1152),  # 27·512 / 12
    ],
)
def test_middle_width_by_hand(inputs: int, outputs: int, kernel: tuple[int, int, int], middle: int) -> None:
    assert Conv2Plus1D(inputs, outputs, kernel, (1, 1, 1)).norm.num_features == middle


def test_a_bottleneck_factors_planes_to_planes() -> None:
    """Not (inputs, planes), as torchvision does: in layer2 27·256·128 / (9·256 + 3·128) = 329."""
    with torch.device("meta"):
        net = build("r2plus1d50", classes=5, frames=16, size=112)
    assert net.state_dict()["layer2.0.conv2.spatial.weight"].shape == (288, 128, 1, 3, 3)


def test_map_sizes_through_the_stages() -> None:
    """Time is halved by the max-pool and by layers 2 to 4, not by the stem's convolution."""
    with torch.device("meta"):
        net: Any = build("r2plus1d18", classes=5, frames=16, size=112)
        clip = torch.empty(1, 3, 16, 112, 112)
        assert net.conv1(clip).shape[2:] == (16, 56, 56)
        shapes = {}
        state = clip
        for name, stage in net.stages.items():
            state = stage(state)
            shapes[name] = tuple(state.shape[1:])
    assert shapes == {
        "stem": (64, 8, 28, 28),
        "layer1": (64, 8, 28, 28),
        "layer2": (128, 4, 14, 14),
        "layer3": (256, 2, 7, 7),
        "layer4": (512, 1, 4, 4),
    }


def test_convolutions_start_from_hes_rule() -> None:
    """Standard deviation sqrt(2 / fan-out): layer4's 1152 → 512 temporal one has 512·3."""
    torch.manual_seed(0)
    net = build("r2plus1d18", classes=5, frames=8, size=32)
    weight = net.state_dict()["layer4.1.conv2.temporal.weight"]
    assert weight.std().item() == pytest.approx((2 / (512 * 3)) ** 0.5, rel=0.01)


def test_unknown_depth() -> None:
    with pytest.raises(UsageError, match="18, 34, 50"):
        build("r2plus1d50", classes=5, frames=8, size=32, depth=49)
