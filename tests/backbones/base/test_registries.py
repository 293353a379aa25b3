"""Names, what they build, and what is said when they do not."""

import subprocess
import sys
from typing import Any

import pytest
import torch

from backbones import BACKBONES, build, building, find
from backbones.base.errors import UsageError
from backbones.parts.width import fitting_heads, scaled

SIZES: dict[str, Any] = {"classes": 5, "frames": 4, "size": 32}


def test_the_names_of_the_issue_are_there() -> None:
    find("r2plus1d50")
    hara = {f"{kind}{depth}" for kind in ("r2plus1d", "r3d") for depth in (18, 34, 50)}
    hara |= {"resnext3d101"}
    vtn = {"vtn_vitb", "vtn_resnet50", "vtn_resnet101", "vtn:efficientnet_lite0", "vtn:*"}
    torchvision = {"r2plus1d18_tv", "r3d_18", "mc3_18", "s3d", "mvit_v1_b", "mvit_v2_s"}
    torchvision |= {"swin3d_t", "swin3d_s", "swin3d_b"}
    pytorchvideo = {"r2plus1d50_ptv", "slow_r50", "c2d_r50", "i3d_r50", "slowfast_r50", "csn_r101"}
    pytorchvideo |= {"x3d_xs", "x3d_s", "x3d_m", "x3d_l", "mvit_base_16x4"}
    transformers = {"timesformer", "videomae", "vivit"}
    inception = {"i3d", "top_i3d", "bottom_i3d", "i2d"}
    two_stream = {"c3d"} | {f"resnet{depth}_2d" for depth in (18, 34, 50, 101)}
    libraries = torchvision | pytorchvideo | transformers
    assert set(BACKBONES.names()) == hara | vtn | libraries | inception | two_stream


@pytest.mark.parametrize(
    ("other", "name"), [("r2plus1d_18", "r2plus1d18_tv"), ("r2plus1d_r50", "r2plus1d50_ptv")]
)
def test_a_librarys_name_finds_the_entry(other: str, name: str) -> None:
    assert find(other) is find(name)
    assert BACKBONES.aliases(name) == [other]
    assert other in BACKBONES


def test_the_registry_imports_no_model_library() -> None:
    code = (
        "import sys, backbones; backbones.find('vtn_vitb');"
        "print([m for m in ('torch', 'timm', 'transformers', 'torchvision', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_open_name_is_found_through_the_open_entry() -> None:
    entry = find("vtn:resnet18")
    assert (entry.name, entry.arguments["inner"], entry.builder) == (
        "vtn:resnet18",
        "resnet18",
        find("vtn:*").builder,
    )


def test_a_named_entry_goes_before_the_open_one() -> None:
    """The packaged weights are TensorFlow's; timm's own efficientnet_lite0 pads otherwise."""
    assert find("vtn:efficientnet_lite0").arguments["inner"] == "tf_efficientnet_lite0"


def test_a_built_backbone_knows_its_clip() -> None:
    net = build("r3d18", width=0.125, **SIZES)
    assert (net.frames, net.size, net.classes, net.middle) == (4, 32, 5, "layer3")


def test_the_seed_decides_the_weights() -> None:
    def first(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return torch.cat([p.flatten() for p in build("vtn:resnet18", width=0.125, **SIZES).parameters()])

    assert torch.equal(first(1), first(1))
    assert not torch.equal(first(1), first(2))


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("r2plus1d5", {}, r"unknown backbone 'r2plus1d5'; did you mean 'r2plus1d\d+'\? 'harness list"),
        ("qqqq", {}, r"'qqqq'; 'harness list backbones' shows all; one of your own needs --plugin FILE\.py$"),
        ("r3d18", {"width": 0}, "'r3d18': width must be above 0, given 0"),
        ("r3d18", {"frames": -1}, "frames must be above 0"),
        ("r3d18", {"momentum": 0.1}, "'r3d18' has no setting 'momentum'; it has depth, factored"),
        ("vtn_vitb", {"layer": 1}, "no setting 'layer'; did you mean 'layers'"),
        ("s3d", {}, "at least 8 frames of 32 px; given 4 frames of 32 px"),
        ("slowfast_r50", {"frames": 6}, "a multiple of 4 frames; given 6"),
        ("mvit_base_16x4", {"size": 48}, "mvit_base_16x4 needs .* multiple of 32"),
        ("mvit_v1_b", {"size": 48}, "mvit_v1_b needs .* multiple of 32"),
        ("mvit_v2_s", {"frames": 5}, "even number of frames"),
        ("mvit_v2_s", {"size": 48}, "multiple of 32"),
        ("mvit_v2_s", {"width": 0.3}, "no whole number"),
        (
            "timesformer",
            {"size": 40},
            "timesformer needs a size that is a multiple of 16; given 4 frames of 40",
        ),
        ("videomae", {"frames": 5}, "videomae needs a multiple of 2 frames and a size"),
        ("vivit", {"layers": 3}, "vivit needs at least 4 layers; given 3"),
    ],
)
def test_what_is_wrong_is_one_line(name: str, given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        build(name, **(SIZES | given))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("channels", "wanted", "heads"), [(768, 12, 12), (2048, 12, 16), (1280, 12, 10), (24, 0.75, 1), (7, 3, 1)]
)
def test_fitting_heads(channels: int, wanted: float, heads: int) -> None:
    assert fitting_heads(channels, wanted) == heads


def test_scaled_rounds_and_keeps_one() -> None:
    assert [scaled(64, 0.25), scaled(45, 0.5), scaled(3, 0.1)] == [16, 22, 1]


def test_settings_are_of_their_defaults_kind() -> None:
    def builder(
        *, many: int = 3, rate: float = 1.0, on: bool = False, how: str = "a", wide: int | None = 4
    ): ...

    sizes = {"frames": 4}
    fits = {"many": 5, "rate": 2, "on": True, "how": "b", "wide": None}
    building.check_arguments("made", builder, sizes, fits)
    for key, value in {"many": "5", "rate": None, "on": 1, "how": 2, "wide": True}.items():
        with pytest.raises(UsageError, match=f"{key} is .*; expected the like of "):
            building.check_arguments("made", builder, sizes, {key: value})
