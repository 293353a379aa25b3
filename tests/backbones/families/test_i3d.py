"""I3D: the port's keys, TensorFlow's padding, torchvision's table of channels, the original's head."""

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torchvision.models import video as zoo

from backbones import build
from backbones.base.errors import UsageError, UserError
from backbones.families.i3d import MIXED, pad_same
from backbones.weights.loading import load_weights

UNITS = ("b0", "b1a", "b1b", "b2a", "b2b", "b3b")
SMALL: dict[str, Any] = {"frames": 8, "size": 32, "width": 0.125}


def i3d(name: str = "i3d", classes: int = 5, **settings: Any) -> Any:
    torch.manual_seed(0)
    return build(name, **{"classes": classes, **SMALL, **settings})


def on_meta(name: str, **settings: Any) -> Any:
    with torch.device("meta"):
        return build(name, classes=400, frames=64, size=224, **settings)


def unit(key: str, inputs: int, outputs: int, kernel: tuple[int, int, int]) -> dict[str, torch.Tensor]:
    """A unit's tensors under the keys of the public port; no counter, as in its files of 2017."""
    norm = {name: torch.rand(outputs) for name in ("weight", "bias", "running_mean", "running_var")}
    conv = torch.randn(outputs, inputs, *kernel)
    return {f"{key}.conv3d.weight": conv} | {f"{key}.bn.{name}": value for name, value in norm.items()}


def mixed(key: str, inputs: int, n: tuple[int, ...]) -> dict[str, torch.Tensor]:
    joins = (inputs, n[0], 1), (inputs, n[1], 1), (n[1], n[2], 3), (inputs, n[3], 1), (n[3], n[4], 3)
    sizes = (*joins, (inputs, n[5], 1))
    state: dict[str, torch.Tensor] = {}
    for name, (before, after, side) in zip(UNITS, sizes, strict=True):
        state |= unit(f"{key}.{name}", before, after, (side, side, side))
    return state


def checkpoint(classes: int) -> dict[str, torch.Tensor]:
    """A file of the port's, an eighth as wide, written out by hand."""
    state = unit("Conv3d_1a_7x7", 3, 8, (7, 7, 7))
    state |= unit("Conv3d_2b_1x1", 8, 8, (1, 1, 1)) | unit("Conv3d_2c_3x3", 8, 24, (3, 3, 3))
    state |= mixed("Mixed_3b", 24, (8, 12, 16, 2, 4, 4)) | mixed("Mixed_3c", 32, (16, 16, 24, 4, 12, 8))
    state |= mixed("Mixed_4b", 60, (24, 12, 26, 2, 6, 8)) | mixed("Mixed_4c", 64, (20, 14, 28, 3, 8, 8))
    state |= mixed("Mixed_4d", 64, (16, 16, 32, 3, 8, 8)) | mixed("Mixed_4e", 64, (14, 18, 36, 4, 8, 8))
    state |= mixed("Mixed_4f", 66, (32, 20, 40, 4, 16, 16)) | mixed("Mixed_5b", 104, (32, 20, 40, 4, 16, 16))
    state |= mixed("Mixed_5c", 104, (48, 24, 48, 6, 16, 16))
    head = {"weight": torch.randn(classes, 128, 1, 1, 1), "bias": torch.randn(classes)}
    return state | {f"logits.conv3d.{name}": value for name, value in head.items()}


def test_a_checkpoint_of_the_port_loads_whole(tmp_path: Path) -> None:
    state, net = checkpoint(5), i3d()
    torch.save(state, tmp_path / "rgb_charades.pt")
    report = load_weights(net, tmp_path / "rgb_charades.pt")
    assert report.loaded == sorted(state)
    assert report.skipped == []
    assert all(key.endswith("num_batches_tracked") for key in report.missing)
    assert torch.equal(net.Mixed_4f.b2b.conv3d.weight, state["Mixed_4f.b2b.conv3d.weight"])


def test_a_classifier_of_other_classes_is_left_out(tmp_path: Path) -> None:
    torch.save(checkpoint(400), tmp_path / "rgb_imagenet.pt")
    net = i3d()
    before = net.logits.conv3d.weight.clone()
    report = load_weights(net, tmp_path / "rgb_imagenet.pt")
    assert report.skipped == ["logits.conv3d.bias", "logits.conv3d.weight"]
    assert torch.equal(net.logits.conv3d.weight, before)


def test_weights_of_i3d_do_not_pass_for_those_of_another_form(tmp_path: Path) -> None:
    torch.save(checkpoint(5), tmp_path / "i3d.pt")
    with pytest.raises(UserError, match="does not fit this network"):
        load_weights(i3d("top_i3d"), tmp_path / "i3d.pt")


def test_channels_are_those_of_torchvisions_s3d() -> None:
    """The same Inception table by other hands (its convolutions are in two parts)."""
    features: Any = zoo.s3d(num_classes=5).features
    theirs = [block for block in features if hasattr(block, "branch0")]
    for ours, block in zip(MIXED.values(), theirs, strict=True):
        convs = [m.out_channels for m in block.modules() if isinstance(m, nn.Conv3d)]
        # 1x1 | 1x1, 1x3x3, 3x1x1 | 1x1, 1x3x3, 3x1x1 | 1x1
        assert tuple(convs[i] for i in (0, 1, 3, 4, 6, 7)) == ours


@given(size=st.integers(1, 40), kernel=st.integers(1, 7), stride=st.integers(1, 3))
def test_padding_is_tensorflows(size: int, kernel: int, stride: int) -> None:
    """Its guide: ⌈n / s⌉ windows, max((windows - 1) s + k - n, 0) zeros, the smaller half in front."""
    x = torch.arange(1.0, size + 1).reshape(1, 1, size, 1, 1)
    padded = pad_same(x, (kernel, 1, 1), (stride, 1, 1)).flatten()
    windows = -(-size // stride)
    zeros = max((windows - 1) * stride + kernel - size, 0)
    expected = torch.cat([torch.zeros(zeros // 2), x.flatten(), torch.zeros(zeros - zeros // 2)])
    assert torch.equal(padded, expected)


def test_the_head_is_the_originals_window_of_2x7x7() -> None:
    net = i3d().eval()
    state = torch.randn(2, 128, 8, 7, 7)
    windows = F.avg_pool3d(state, (2, 7, 7), stride=1)
    expected = net.logits.conv3d(windows).mean(dim=(2, 3, 4))
    with torch.no_grad():
        logits, embedding = net.head(state)
        assert net.step_logits(state).shape == (2, 5, 7)
    torch.testing.assert_close(logits, expected)
    torch.testing.assert_close(embedding, windows.mean(dim=(2, 3, 4)))


def test_map_sizes_are_the_originals() -> None:
    net, sizes = on_meta("i3d"), []
    state = torch.empty(1, 3, 64, 224, 224, device="meta")
    for stage in net.stages.values():
        state = stage(state)
        sizes.append(tuple(state.shape[1:]))
    assert sizes == [
        (64, 32, 112, 112),
        (192, 32, 56, 56),
        (480, 32, 28, 28),
        (832, 16, 14, 14),
        (1024, 8, 7, 7),
    ]


@pytest.mark.parametrize(
    ("name", "deep"),
    [
        ("i3d", {"Conv3d_1a_7x7", "Conv3d_2c_3x3", *MIXED}),
        ("top_i3d", {"Mixed_4d", "Mixed_4e", "Mixed_4f", "Mixed_5b", "Mixed_5c"}),
        ("bottom_i3d", {"Conv3d_1a_7x7", "Conv3d_2c_3x3", "Mixed_3b", "Mixed_3c", "Mixed_4b", "Mixed_4c"}),
        ("i2d", set()),
    ],
)
def test_forms_differ_in_which_kernels_see_time(name: str, deep: set[str]) -> None:
    found = {
        part.partition(".")[0]
        for part, module in on_meta(name).named_modules()
        if isinstance(module, nn.Conv3d) and module.kernel_size[0] > 1
    }
    assert found == deep


def test_normalisation_and_channels() -> None:
    net = i3d(in_channels=2, bn_momentum=0.1)
    assert net.Conv3d_1a_7x7.conv3d.weight.shape == (8, 2, 7, 7, 7)
    assert (net.Mixed_5c.b0.bn.eps, net.Mixed_5c.b0.bn.momentum) == (1e-3, 0.1)
    assert i3d().Mixed_5c.b0.bn.momentum == 0.01


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"form": "4d"}, "forms are 3d, top"),
        ({"turn": "x"}, "one of Conv3d"),
        ({"bn_momentum": 0}, "above 0"),
    ],
)
def test_bad_settings_are_one_line(setting: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        i3d(**setting)
