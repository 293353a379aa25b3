"""Networks over optical flow: other channels in the stem, everything else as for RGB."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from backbones import build, find
from backbones.base.errors import UsageError, UserError
from backbones.check import check_backbone
from backbones.contract import shapes
from backbones.parts.stem import inflated
from backbones.weights.loading import load_weights
from harness.cost.count import count

NAMES = [  # one of each family
    *("r2plus1d50", "r3d_18", "s3d", "mvit_v2_s", "swin3d_t", "r2plus1d50_ptv", "slowfast_r50", "x3d_m"),
    *("csn_r101", "mvit_base_16x4", "vtn_resnet50", "vtn:efficientnet_lite0", "videomae"),
]
SMALL: dict[str, Any] = {"classes": 5, "frames": 4, "size": 32, "width": 0.125}


@pytest.mark.parametrize("name", NAMES)
def test_every_family_takes_two_channels(name: str) -> None:
    """At its own input and full width, on meta: same shapes as over RGB, and only the stem's size differs."""
    spec = find(name).input
    sizes = {"classes": 5, "frames": spec.frames, "size": spec.crop}
    with torch.device("meta"):
        rgb, flow = build(name, **sizes), build(name, **sizes, in_channels=2)
    assert (rgb.channels, flow.channels) == (3, 2)
    assert shapes(flow).map.shape == shapes(rgb).map.shape
    own = {key: tensor.shape for key, tensor in rgb.state_dict().items()}
    other = {key: tensor.shape for key, tensor in flow.state_dict().items()}
    assert list(own) == list(other)
    changed = [key for key in own if own[key] != other[key]]
    assert len(changed) == (2 if name == "slowfast_r50" else 1)
    for key in changed:
        assert other[key] == (own[key][0], 2, *own[key][2:])


@pytest.mark.parametrize(("name", "channels"), [("r2plus1d18", 2), ("r3d18", 20)])
def test_the_contract_holds_over_flow(name: str, channels: int) -> None:
    findings = check_backbone(lambda: build(name, **SMALL, in_channels=channels))
    assert [finding for finding in findings if not finding.holds] == []


def test_inner_convolutions_of_three_channels_stay() -> None:
    """At width 1/8 a squeeze-excitation block of X3D has as many channels as RGB."""
    flow = build("x3d_m", **SMALL, in_channels=20)
    inner = [m.in_channels for m in flow.modules() if isinstance(m, torch.nn.Conv3d)]
    assert inner.count(20) == 1
    assert 3 in inner


def test_the_stems_cost_follows() -> None:
    """R3D-18's stem: 64 filters of 7x7x7 at 16x56x56 places, one multiply-add per channel and tap."""
    with torch.device("meta"):
        rgb, flow = (count(build("r3d18", classes=400, frames=16, size=112, in_channels=n)) for n in (3, 20))
    assert flow.parameters - rgb.parameters == 17 * 64 * 343
    assert flow.macs - rgb.macs == 17 * 64 * 343 * 16 * 56 * 56


@pytest.mark.parametrize("channels", [2, 20])
def test_inflated_by_hand(channels: int) -> None:
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(4, 3, 2, 5, 5)).astype(np.float32)
    got = inflated(torch.from_numpy(weight), channels).numpy()
    assert got.shape == (4, channels, 2, 5, 5)
    for channel in range(channels):
        by_hand = (weight[:, 0] + weight[:, 1] + weight[:, 2]) / 3 * (3 / channels)
        np.testing.assert_allclose(got[:, channel], by_hand, rtol=1e-6)
    np.testing.assert_allclose(got.sum(axis=1), weight.sum(axis=1), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("name", "stem"), [("r2plus1d18", "conv1.spatial"), ("vtn:resnet10t", "")])
def test_rgb_weights_load_into_a_flow_network(tmp_path: Path, name: str, stem: str) -> None:
    sizes = SMALL | ({"width": 1.0, "hidden": 24} if name.startswith("vtn") else {})
    source, file = build(name, **sizes), tmp_path / "rgb.safetensors"
    save_file(source.state_dict(), file)
    target = build(name, **sizes, in_channels=20)
    report = load_weights(target, file)
    (key,) = report.inflated
    assert key.startswith(stem)
    assert key.removesuffix(".weight") + ".weight" == key
    own, rgb = target.state_dict(), source.state_dict()
    assert torch.equal(own[key], inflated(rgb[key], 20))
    assert all(torch.equal(own[other], rgb[other]) for other in own if other != key)
    assert (report.skipped, report.missing) == ([], [])


def test_flow_weights_do_not_load_into_an_rgb_network(tmp_path: Path) -> None:
    file = tmp_path / "flow.safetensors"
    save_file(build("r3d18", **SMALL, in_channels=2).state_dict(), file)
    with pytest.raises(UserError, match="for other channels"):
        load_weights(build("r3d18", **SMALL), file)


def test_channels_below_one_are_refused() -> None:
    with pytest.raises(UsageError, match="in_channels must be above 0"):
        build("r3d18", **SMALL, in_channels=0)
