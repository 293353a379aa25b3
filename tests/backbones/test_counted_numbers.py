"""Parameters and multiply-adds with 400 classes, against published or independently counted numbers."""

import pytest
import torch

from backbones import build
from harness.cost.count import count

# Name, frames, size, parameters (exact or in millions), multiply-adds in G. Sources: for Hara's networks and
# the VTNs, arithmetic on layer sizes; for torchvision's, num_params and _ops of its published weights; for
# pytorchvideo's, its model zoo; feed-forward width 4096 gives the VTN paper's parameters of its ResNets.
NUMBERS = [
    ("r2plus1d50", 16, 112, 47.035, 10.524),
    ("r2plus1d34", 16, 112, 63.7475, 12.865),
    ("r2plus1d18", 16, 112, 33.421, 8.477),
    ("r3d18", 16, 112, 33.409, 8.308),
    ("r3d34", 16, 112, 63.719, 12.696),
    ("r3d50", 16, 112, 47.0186, 10.069),
    ("resnext3d101", 16, 112, 48_340_816, 9.568),
    ("resnext3d101", 64, 112, 48_340_816, 38.268),
    ("r2plus1d18_tv", 16, 112, 31_505_325, 40.519),
    ("r2plus1d50_ptv", 16, 112, 28.108, 14.62),
    ("r2plus1d50_ptv", 16, 256, 28.108, 75.15),
    ("vtn_vitb", 16, 224, 113.502, 281.9),
    ("vtn_resnet50", 16, 224, 167.6, 70.0),
    ("vtn_resnet101", 16, 224, 186.6, 129.4),
    ("swin3d_t", 16, 224, 28_158_070, 43.882),
    ("mvit_v2_s", 16, 224, 34_537_744, 64.224),
    ("i3d", 64, 224, 12.697, 111.2),
    ("top_i3d", 64, 224, 10.839, 45.4),
]


@pytest.mark.parametrize(("name", "frames", "size", "parameters", "gmacs"), NUMBERS)
def test_parameters_and_macs(name: str, frames: int, size: int, parameters: float, gmacs: float) -> None:
    with torch.device("meta"):
        counted = count(build(name, classes=400, frames=frames, size=size))
    if isinstance(parameters, int):
        assert counted.parameters == parameters
    else:
        assert counted.parameters / 1e6 == pytest.approx(parameters, abs=0.05 if parameters > 150 else 0.001)
    assert counted.macs / 1e9 == pytest.approx(gmacs, rel=0.001)
    assert counted.flops == 2 * counted.macs


def test_a_whole_video_of_250_frames() -> None:
    """4.2 T multiply-adds (VTN's own table: 4218 G), counted without computing them."""
    with torch.device("meta"):
        counted = count(build("vtn_vitb", classes=400, frames=250, size=224))
    assert counted.macs / 1e9 == pytest.approx(250 * 17.56 + 6.3, rel=0.005)


def test_quarter_width_keeps_depth_and_structure() -> None:
    with torch.device("meta"):
        full = build("r2plus1d50", classes=400, frames=16, size=112)
        quarter = build("r2plus1d50", classes=400, frames=16, size=112, width=0.25)
    assert list(full.state_dict()) == list(quarter.state_dict())
    assert quarter.state_dict()["bn1.weight"].shape == (16,)
    assert quarter.state_dict()["fc.weight"].shape == (400, 512)
