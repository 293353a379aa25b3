"""Narrow networks keep depth and structure; only channels change."""

import pytest
import torch
from torch import nn

from backbones import build
from backbones.parts.narrow import narrowed


@pytest.mark.parametrize("name", ["r2plus1d18_tv", "r3d_18", "mc3_18", "s3d"])
@pytest.mark.parametrize("width", [0.25, 0.125])
def test_depth_and_structure_stay(name: str, width: float) -> None:
    with torch.device("meta"):
        full, narrow = (build(name, classes=5, frames=16, size=64, width=w) for w in (1, width))
    assert list(full.state_dict()) == list(narrow.state_dict())
    shapes = {key: tensor.shape for key, tensor in narrow.state_dict().items()}
    for key, tensor in full.state_dict().items():
        expected = [side if side in (1, 3, 5, 7) else round(side * width) for side in tensor.shape]
        assert list(shapes[key]) == expected, key


def test_a_narrow_network_is_that_of_its_library_with_fewer_channels() -> None:
    """By hand: 3 → 8 → 4 channels at half width, a depthwise layer between, constants kept."""
    net = nn.Sequential(
        nn.Conv3d(3, 8, 1), nn.BatchNorm3d(8, eps=1e-3), nn.Conv3d(8, 8, 3, groups=8), nn.Linear(8, 6)
    )
    nn.init.zeros_(net[1].weight)
    narrow = narrowed(net, 0.5, net[3])
    assert [tuple(p.shape) for p in narrow.parameters()] == [
        (4, 3, 1, 1, 1),
        *((4,), (4,), (4,)),
        *((4, 1, 3, 3, 3), (4,)),
        *((6, 4), (6,)),
    ]
    assert narrow[1].weight.count_nonzero() == 0
    assert narrow[1].eps == 1e-3
