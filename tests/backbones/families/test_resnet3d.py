"""Hara's form, where others of the same name differ."""

from typing import Any

import pytest
import torch

from backbones import build
from backbones.base.errors import UsageError
from backbones.families.resnet3d import Conv2Plus1D
from harness.cost.count import count


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


LAYERS = [(3, 64, 128, 8 * 28**2), (4, 256, 256, 4 * 14**2), (23, 512, 512, 2 * 7**2), (3, 1024, 1024, 4**2)]


@pytest.mark.parametrize(("channels", "classes"), [(3, 400), (2, 400), (3, 51), (3, 101)])
def test_resnext_by_its_layers(channels: int, classes: int) -> None:
    """A block of width m over c channels has cm + 27mm/32 + 2mm weights, a layer's first 2cm more."""
    parameters = channels * 64 * 7**3 + 2 * 64 + 2048 * classes + classes
    macs = channels * 64 * 7**3 * 16 * 56**2 + 2048 * classes
    before = 8 * 28**2  # places of a map
    for blocks, inputs, m, places in LAYERS:
        for c in (inputs, *[2 * m] * (blocks - 1)):
            later = 27 * m * m // 32 + 2 * m * m
            parameters += c * m + later + 2 * (m + m + 2 * m)
            macs += c * m * before + later * places
            before = places
        parameters += inputs * 2 * m + 2 * 2 * m
        macs += inputs * 2 * m * places
    with torch.device("meta"):
        counted = count(build("resnext3d101", classes=classes, frames=16, size=112, in_channels=channels))
    assert (counted.parameters, counted.macs) == (parameters, macs)


def test_resnext_has_the_keys_of_haras_checkpoints() -> None:
    """No renaming is needed; shapes of the last block before and in the last layer by hand."""
    with torch.device("meta"):
        net: Any = build("resnext3d101", classes=51, frames=16, size=112)
    shapes = {key: tuple(value.shape) for key, value in net.state_dict().items()}
    expected = {"conv1", "fc", "bn1"}
    for layer, blocks in enumerate((3, 4, 23, 3), start=1):
        own = {f"layer{layer}.{block}" for block in range(blocks)}
        expected |= {f"{block}.{part}{n}" for block in own for part in ("conv", "bn") for n in (1, 2, 3)}
        expected |= {f"layer{layer}.0.downsample.{n}" for n in (0, 1)}
    assert {key.rpartition(".")[0] for key in shapes} == expected
    assert {net.rename(key) for key in shapes} == set(shapes)
    assert shapes["layer3.22.conv2.weight"] == (512, 16, 3, 3, 3)
    assert shapes["layer4.0.downsample.0.weight"] == (2048, 1024, 1, 1, 1)
    assert shapes["fc.weight"] == (51, 2048)


def test_a_narrow_resnext_has_fewer_paths_each_as_wide() -> None:
    with torch.device("meta"):
        net: Any = build("resnext3d101", classes=5, frames=8, size=32, width=0.125)
    convs = [net.get_submodule(f"layer{n}.1.conv2") for n in (1, 2, 3, 4)]
    assert [(conv.groups, conv.in_channels) for conv in convs] == [(4, 16), (4, 32), (4, 64), (4, 128)]
    assert (net.conv1.out_channels, net.fc.in_features) == (8, 256)
