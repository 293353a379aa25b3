"""With the same weights and clips, our networks give what their libraries' originals give."""

from typing import Any

import pytest
import timm
import torch
import transformers
from pytorchvideo.models import hub
from pytorchvideo.models.r2plus1d import create_r2plus1d
from pytorchvideo.models.x3d import create_x3d
from torch import nn
from torchvision.models import video as zoo
from torchvision.models.video import mvit, resnet

from backbones import build
from backbones.families.resnet3d import BasicBlock, Conv2Plus1D
from backbones.parts.spatial import feature_width, spatial_net


def by_order(target: nn.Module, source: nn.Module) -> None:
    """Load tensors in the order in which both networks define them."""
    ours, theirs = target.state_dict(), source.state_dict()
    assert [t.shape for t in ours.values()] == [t.shape for t in theirs.values()]
    target.load_state_dict(dict(zip(ours, theirs.values(), strict=True)))


def randomise_norms(net: nn.Module) -> None:
    """Fresh BatchNorms do nothing in evaluation, and would hide one in the wrong place."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm3d | nn.LayerNorm):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
        if isinstance(module, nn.BatchNorm3d):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 1.5)


def close(a: torch.Tensor, b: torch.Tensor) -> None:
    torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize(
    ("name", "original", "frames", "size"),
    [
        ("r2plus1d18_tv", zoo.r2plus1d_18, 4, 32),
        ("r3d_18", zoo.r3d_18, 4, 32),
        ("mc3_18", zoo.mc3_18, 4, 32),
        ("swin3d_t", zoo.swin3d_t, 4, 40),
    ],
)
def test_torchvision(name: str, original: Any, frames: int, size: int) -> None:
    torch.manual_seed(0)
    net, clip = original(num_classes=7).eval(), torch.randn(2, 3, frames, size, size)
    randomise_norms(net)
    ours: Any = build(name, classes=7, frames=frames, size=size).eval()
    ours.net.load_state_dict(net.state_dict())
    close(ours(clip).logits, net(clip))


@torch.no_grad()
def test_torchvision_s3d() -> None:
    """The original's fixed 2x7x7 window covers the whole map at 16x224; on a small clip it is fitted."""
    torch.manual_seed(0)
    original, clip = zoo.s3d(num_classes=7).eval(), torch.randn(2, 3, 16, 64, 64)
    original.avgpool = nn.AvgPool3d((2, 2, 2), stride=1)
    randomise_norms(original)
    ours: Any = build("s3d", classes=7, frames=16, size=64).eval()
    ours.net.load_state_dict(original.state_dict())
    close(ours(clip).logits, original(clip))


@torch.no_grad()
@pytest.mark.parametrize("name", ["mvit_v1_b", "mvit_v2_s"])
def test_torchvision_mvit(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """torchvision builds its blocks for 16x224 only; the same blocks are made smaller on their way in."""
    whole = mvit._mvit
    small: dict[str, Any] = {"spatial_size": (64, 64), "temporal_size": 4}
    monkeypatch.setattr(mvit, "_mvit", lambda **settings: whole(**(settings | small)))
    torch.manual_seed(0)
    original, clip = getattr(zoo, name)(num_classes=7).eval(), torch.randn(2, 3, 4, 64, 64)
    randomise_norms(original)
    ours: Any = build(name, classes=7, frames=4, size=64).eval()
    ours.net.load_state_dict(original.state_dict())
    close(ours(clip).logits, original(clip))


@torch.no_grad()
def test_mvits_dropout_leaves_the_embedding_alone() -> None:
    """The library's dropout works in place, on what we also give away."""
    torch.manual_seed(0)
    ours = build("mvit_v2_s", classes=7, frames=2, size=32, width=0.125).train()
    assert ours(torch.randn(2, 3, 2, 32, 32)).embedding.count_nonzero() == 2 * 96


@torch.no_grad()
def test_pytorchvideo_r2plus1d_r50() -> None:
    """The original with its softmax taken out, and its fixed pooling kernel fitted to a small clip."""
    torch.manual_seed(0)
    original = create_r2plus1d(
        model_num_class=7, head_activation=None, head_pool_kernel_size=(1, 2, 2)
    ).eval()
    randomise_norms(original)
    clip = torch.randn(2, 3, 4, 64, 64)
    ours: Any = build("r2plus1d50_ptv", classes=7, frames=4, size=64).eval()
    ours.net.load_state_dict(original.state_dict())
    close(ours(clip).logits, original(clip))


CLIP = (8, 32)  # after 32 px, maps of 1x1 are pooled by a 1x1 kernel


@torch.no_grad()
@pytest.mark.parametrize(
    ("name", "pooling"),
    [("slow_r50", (8, 1, 1)), ("c2d_r50", (4, 1, 1)), ("i3d_r50", (4, 1, 1)), ("csn_r101", (1, 1, 1))],
)
def test_pytorchvideo_resnets(name: str, pooling: tuple[int, int, int]) -> None:
    """The originals with their pooling kernel fitted to a small clip."""
    torch.manual_seed(0)
    original: Any = getattr(hub, name)(model_num_class=7).eval()
    original.blocks[-1].pool = nn.AvgPool3d(pooling, stride=1)
    compare(name, original)


@torch.no_grad()
def test_pytorchvideo_slowfast_r50() -> None:
    torch.manual_seed(0)
    original: Any = hub.slowfast_r50(model_num_class=7).eval()
    original.blocks[5].pool = nn.ModuleList([nn.AvgPool3d((2, 1, 1)), nn.AvgPool3d((8, 1, 1))])
    compare("slowfast_r50", original, lambda clip: [clip[:, :, [0, 7]], clip.clone()])


@torch.no_grad()
@pytest.mark.parametrize("name", ["x3d_m", "x3d_l"])
def test_pytorchvideo_x3d(name: str) -> None:
    """The original without its softmax, built for the small clip."""
    torch.manual_seed(0)
    settings = {"depth_factor": 5.0} if name == "x3d_l" else {}
    original = create_x3d(
        model_num_class=7, input_clip_length=8, input_crop_size=32, head_activation=None, **settings
    )
    compare(name, original.eval())


@torch.no_grad()
def test_pytorchvideo_mvit_base_16x4() -> None:
    torch.manual_seed(0)
    original = hub.mvit_base_16x4(spatial_size=32, temporal_size=8, head_num_classes=7).eval()
    compare("mvit_base_16x4", original)


def compare(name: str, original: nn.Module, given: Any = torch.clone) -> None:
    randomise_norms(original)
    frames, size = CLIP
    ours: Any = build(name, classes=7, frames=frames, size=size).eval()
    ours.net.load_state_dict(original.state_dict())
    clip = torch.randn(2, 3, frames, size, size)
    close(ours(clip).logits, original(given(clip)))


@torch.no_grad()
@pytest.mark.parametrize(
    ("name", "network", "frames"),
    [
        ("timesformer", transformers.TimesformerForVideoClassification, 3),
        ("videomae", transformers.VideoMAEForVideoClassification, 4),
        ("vivit", transformers.VivitForVideoClassification, 4),
    ],
)
def test_transformers(name: str, network: Any, frames: int) -> None:
    """Blocks by blocks gives what the original's own loop gives, which takes (B, T, C, H, W)."""
    torch.manual_seed(0)
    config = network.config_class(
        image_size=48,
        num_frames=frames,
        hidden_size=96,
        num_attention_heads=2,
        intermediate_size=384,
        num_hidden_layers=6,
        num_labels=7,
        initializer_range=0.2,
    )
    original = network(config).eval()
    for parameter in original.parameters():  # positions and norms start as constants
        parameter.add_(0.1 * torch.randn_like(parameter))
    ours: Any = build(name, classes=7, frames=frames, size=48, width=0.125, layers=6).eval()
    ours.net.load_state_dict(original.state_dict())
    clip = torch.randn(2, 3, frames, 48, 48)
    close(ours(clip).logits, original(clip.transpose(1, 2)).logits)


@torch.no_grad()
@pytest.mark.parametrize(("name", "tubelet"), [("timesformer", 1), ("videomae", 2), ("vivit", 2)])
def test_the_map_of_a_video_vit_is_laid_out_as_the_clip(name: str, tubelet: int) -> None:
    """Only the tokens of the patch that changes change, and the map has them where the patch is."""
    net: Any = build(name, classes=7, frames=4, size=48, width=0.125, layers=4).eval()
    clip = torch.zeros(1, 3, 4, 48, 48)
    dark = net.read(net.stem(clip))
    clip[:, :, 3, 16:32, 32:48] = 1.0
    changed = (net.read(net.stem(clip)) - dark).abs().sum(dim=1)[0]
    assert changed.nonzero().tolist() == [[3 // tubelet, 1, 2]]


class HaraStem(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(
            nn.Conv3d(3, 64, 7, stride=(1, 2, 2), padding=3, bias=False),
            nn.BatchNorm3d(64),
            nn.ReLU(inplace=True),
            nn.MaxPool3d(3, stride=2, padding=1),
        )


@torch.no_grad()
@pytest.mark.parametrize(("depth", "block"), [(18, resnet.BasicBlock), (50, resnet.Bottleneck)])
def test_r3d_against_torchvisions_blocks_with_haras_stem(depth: int, block: type) -> None:
    """Factored or not, the blocks, strides and shortcuts are the same code; here without factoring."""
    torch.manual_seed(0)
    layers = [2, 2, 2, 2] if depth == 18 else [3, 4, 6, 3]
    original = resnet.VideoResNet(block, [resnet.Conv3DSimple] * 4, layers, HaraStem, num_classes=7).eval()
    randomise_norms(original)
    ours: Any = build(f"r3d{depth}", classes=7, frames=8, size=40).eval()
    by_order(ours, original)
    clip = torch.randn(2, 3, 8, 40, 40)
    close(ours(clip).logits, original(clip))


@torch.no_grad()
def test_factored_block_against_torchvisions() -> None:
    """At equal widths in and out both rules for the middle width agree."""
    torch.manual_seed(0)
    original = resnet.BasicBlock(64, 64, resnet.Conv2Plus1D).eval()
    randomise_norms(original)
    ours = BasicBlock(64, 64, 1, Conv2Plus1D).eval()
    by_order(ours, original)
    x = torch.randn(2, 64, 4, 6, 6)
    close(ours(x), original(x.clone()))


@torch.no_grad()
@pytest.mark.parametrize(
    ("name", "width", "same_as"),
    [
        ("resnet18", 1.0, {}),
        ("resnet26", 0.25, {"channels": (16, 32, 64, 128)}),
        ("vit_tiny_patch16_224", 1.0, {"img_size": 32}),
        ("vit_base_patch16_224", 0.25, {"img_size": 32, "embed_dim": 192, "num_heads": 3}),
        ("convnext_atto", 0.5, {"dims": (20, 40, 80, 160)}),
        (
            "swin_tiny_patch4_window7_224",
            0.25,
            {"img_size": 32, "embed_dim": 24, "num_heads": (1, 2, 3, 6)},
        ),
    ],
)
def test_spatial_nets_are_timms(name: str, width: float, same_as: dict) -> None:
    torch.manual_seed(0)
    original = timm.create_model(name, num_classes=0, **same_as).eval()
    ours = spatial_net(name, 32, width).eval()
    ours.load_state_dict(original.state_dict())
    frames = torch.randn(2, 3, 32, 32)
    close(ours(frames), original(frames))
    assert feature_width(ours, name, 32) == original(frames).shape[1]
