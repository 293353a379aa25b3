"""C3D and 2D ResNets against published sizes and against the plain networks."""

from typing import Any

import pytest
import timm
import torch

from backbones import build
from backbones.base.errors import UsageError
from backbones.pretrained import Pretrained
from backbones.weights.loading import load_tensors
from harness.cost.count import count


@pytest.mark.parametrize(
    ("name", "classes", "channels", "frames", "size", "parameters", "gmacs"),
    [
        # 78.41 M is the published size with UCF101's classes; by layers: 27·(3·64 + 64·128 + 128·256 + 256² +
        # 256·512 + 3·512²) + 8192·4096 + 4096² + 4096·101, and one bias per output.
        ("c3d", 101, 3, 16, 112, 78_409_573, 38.55),
        ("c3d", 487, 3, 16, 112, 79_991_015, 38.55),
        # torchvision's table: 25.557032 M, 4.089 G per image of 224 px.
        ("resnet50_2d", 1000, 3, 1, 224, 25_557_032, 4.089),
        ("resnet50_2d", 1000, 3, 8, 224, 25_557_032, 8 * 4.089),
        # 17 more input channels in a stem of 64 filters of 7x7 at 112x112 places.
        ("resnet50_2d", 1000, 20, 1, 224, 25_557_032 + 17 * 64 * 49, 4.089 + 17 * 64 * 49 * 112 * 112 / 1e9),
        ("resnet18_2d", 1000, 3, 1, 224, 11_689_512, 1.814),
    ],
)
def test_published_sizes(
    name: str, classes: int, channels: int, frames: int, size: int, parameters: int, gmacs: float
) -> None:
    with torch.device("meta"):
        counted = count(build(name, classes=classes, frames=frames, size=size, in_channels=channels))
    assert counted.parameters == parameters
    assert counted.macs / 1e9 == pytest.approx(gmacs, rel=0.002)


def test_logits_are_the_mean_of_the_frames_logits() -> None:
    """Against timm's own network on each frame."""
    torch.manual_seed(0)
    stream = build("resnet18_2d", classes=7, frames=3, size=32, width=0.25, in_channels=20).eval()
    plain: Any = timm.create_model("resnet18", num_classes=7, in_chans=20, channels=(16, 32, 64, 128)).eval()
    plain.load_state_dict({k.removeprefix("net."): v for k, v in stream.state_dict().items()})
    clip = torch.randn(2, 20, 3, 32, 32)
    with torch.no_grad():
        frames = torch.stack([plain(clip[:, :, t]) for t in range(3)])
        torch.testing.assert_close(stream(clip).logits, frames.mean(dim=0), atol=1e-5, rtol=1e-4)


def test_imagenet_weights_in_a_flow_stem() -> None:
    """TSN's cross-modality pre-training: every flow channel gets the mean of the colours' filters."""
    sizes: dict[str, Any] = {"frames": 2, "size": 32, "width": 0.25}
    rgb = build("resnet18_2d", classes=9, **sizes)
    flow = build("resnet18_2d", classes=5, **sizes, in_channels=20)
    own = {f"net.{k}": v for k, v in rgb.net.state_dict().items()}  # type: ignore[union-attr]
    report = load_tensors(flow, Pretrained(own, "made here", "0" * 64, (0.5,) * 3, (0.2,) * 3))
    assert report.inflated == ["net.conv1.weight"]
    assert (report.mean, report.std) == (None, None)
    assert report.skipped == ["net.fc.bias", "net.fc.weight"]
    mean = own["net.conv1.weight"].sum(dim=1) / 3 * 3 / 20
    for channel in range(20):
        torch.testing.assert_close(flow.state_dict()["net.conv1.weight"][:, channel], mean)


def test_c3d_takes_short_clips_and_says_what_is_too_small() -> None:
    short = build("c3d", classes=5, frames=3, size=20, width=0.125, in_channels=2)
    assert short(torch.randn(2, 2, 3, 20, 20)).logits.shape == (2, 5)
    with pytest.raises(UsageError, match="at least 16 px; given 15"):
        build("c3d", classes=5, frames=16, size=15)
