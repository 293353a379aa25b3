"""Networks of torchvision, PyTorchVideo and transformers as light entries (no torch), under their own names.

Two of them keep an older name here, and are found by their library's name, too.
"""

from __future__ import annotations

from backbones.registry import BACKBONES, BackboneEntry
from backbones.spec import (
    GREY,
    HALF,
    IMAGENET_MEAN,
    IMAGENET_STD,
    KINETICS_MEAN,
    KINETICS_STD,
    LOCAL,
    InputSpec,
)

TRAN = "Tran et al., CVPR 2018"


def _add(
    name: str,
    builder: str,
    role: str,
    spec: InputSpec,
    summary: str,
    source: str,
    weights: tuple[str, ...] = ("kinetics400",),
    **arguments: object,
) -> None:
    BACKBONES.add(
        BackboneEntry(
            name=name,
            builder=f"backbones.families.{builder}",
            role=role,
            input=spec,
            middle="layer3",
            summary=summary,
            source=source,
            arguments=arguments,
            weights=weights,
        )
    )


def _torchvision(
    name: str, builder: str, role: str, spec: InputSpec, summary: str, paper: str, **arguments: object
) -> None:
    network = arguments.get("network", name)
    _add(name, builder, role, spec, summary, f"{paper}; torchvision {network}", **arguments)  # type: ignore[arg-type]


def _spec(
    frames: int, stride: int, colours: tuple[tuple[float, ...], tuple[float, ...]], crop: int = 224
) -> InputSpec:
    """The usual 224 px crop of a short side of 256 (in training up to 320), or in that proportion."""
    short, most = crop * 8 // 7, crop * 10 // 7
    return InputSpec(frames, stride, (short, most), short, crop, *colours)


IMAGENET = (IMAGENET_MEAN, IMAGENET_STD)
KINETICS = (KINETICS_MEAN, KINETICS_STD)
_RESNET = "torchvision_video:resnet18"
_torchvision(
    "r2plus1d18_tv",
    _RESNET,
    "local",
    LOCAL,
    "R(2+1)D-18 as torchvision builds it: 3-frame stem, no max-pool",
    TRAN,
    network="r2plus1d_18",
)
BACKBONES.alias("r2plus1d_18", "r2plus1d18_tv")
_torchvision(
    "r3d_18",
    _RESNET,
    "local",
    LOCAL,
    "R3D-18 as torchvision builds it: 3-frame stem, no max-pool",
    TRAN,
    network="r3d_18",
)
_torchvision(
    "mc3_18",
    _RESNET,
    "local",
    LOCAL,
    "MC3-18: 3D in the stem and layer1, 2D after that",
    TRAN,
    network="mc3_18",
)
_torchvision(
    "s3d",
    "torchvision_video:s3d",
    "local",
    _spec(64, 1, KINETICS),
    "S3D: Inception with separable 3D convolutions",
    "Xie et al., ECCV 2018",
)
_torchvision(
    "mvit_v1_b",
    "torchvision_mvit:mvit_v1_b",
    "global",
    _spec(16, 4, GREY),
    "MViT-B",
    "Fan et al., ICCV 2021",
)
_torchvision(
    "mvit_v2_s",
    "torchvision_mvit:mvit_v2_s",
    "global",
    _spec(16, 4, GREY),
    "MViTv2-S",
    "Li et al., CVPR 2022",
)
for _variant in "tsb":
    _torchvision(
        f"swin3d_{_variant}",
        "torchvision_video:swin3d",
        "global",
        _spec(32, 2, IMAGENET),
        f"Video Swin-{_variant.upper()}",
        "Liu et al., CVPR 2022",
        weights=("kinetics400", "kinetics400_imagenet22k") if _variant == "b" else ("kinetics400",),
        variant=_variant,
    )

_add(
    "r2plus1d50_ptv",
    "pytorchvideo_r2plus1d:build",
    "local",
    _spec(16, 4, GREY),
    "R(2+1)D-50 as pytorchvideo builds it: inner widths not enlarged, no max-pool",
    "Fan et al., ACM MM 2021 (PyTorchVideo) r2plus1d_r50",
)
BACKBONES.alias("r2plus1d_r50", "r2plus1d50_ptv")


def _pytorchvideo(name: str, builder: str, role: str, spec: InputSpec, summary: str, paper: str) -> None:
    arguments = {"network": name} if builder.endswith((":resnet", ":x3d")) else {}
    _add(name, builder, role, spec, summary, f"{paper}; PyTorchVideo {name}", **arguments)  # type: ignore[arg-type]


_CNN = "pytorchvideo_cnn:"
_SLOWFAST = "Feichtenhofer et al., ICCV 2019"
_pytorchvideo("slow_r50", _CNN + "resnet", "global", _spec(8, 8, GREY), "Slow pathway, ResNet-50", _SLOWFAST)
_pytorchvideo(
    "c2d_r50",
    _CNN + "resnet",
    "global",
    _spec(8, 8, GREY),
    "C2D: 2D ResNet-50 on frames",
    "Wang et al., CVPR 2018",
)
_pytorchvideo(
    "i3d_r50",
    _CNN + "resnet",
    "global",
    _spec(8, 8, GREY),
    "I3D in ResNet-50's form",
    "Carreira & Zisserman, CVPR 2017; Wang et al., CVPR 2018",
)
_pytorchvideo("slowfast_r50", _CNN + "slowfast", "local", _spec(32, 2, GREY), "SlowFast 8x8, R50", _SLOWFAST)
_pytorchvideo(
    "csn_r101",
    _CNN + "resnet",
    "local",
    _spec(32, 2, GREY),
    "ir-CSN-101: depthwise 3D convolutions",
    "Tran et al., ICCV 2019",
)
for _name, _frames, _stride, _crop in (
    ("x3d_xs", 4, 12, 160),
    ("x3d_s", 13, 6, 160),
    ("x3d_m", 16, 5, 224),
    ("x3d_l", 16, 5, 312),
):
    _pytorchvideo(
        _name,
        _CNN + "x3d",
        "local",
        _spec(_frames, _stride, GREY, _crop),
        f"X3D-{_name[4:].upper()}",
        "Feichtenhofer, CVPR 2020",
    )
_pytorchvideo(
    "mvit_base_16x4",
    "pytorchvideo_mvit:build",
    "global",
    _spec(16, 4, GREY),
    "MViT-B as PyTorchVideo builds it",
    "Fan et al., ICCV 2021",
)


def _transformers(
    name: str, spec: InputSpec, summary: str, paper: str, weights: tuple[str, ...] = ("kinetics400",)
) -> None:
    source = f"{paper}; transformers {name}"
    _add(name, "transformers_vit:build", "global", spec, summary, source, weights, network=name)


_transformers(
    "timesformer",
    InputSpec(8, 32, (256, 320), 224, 224, *GREY),
    "TimeSformer-B: attention over time, then over space",
    "Bertasius et al., ICML 2021",
    ("kinetics400", "kinetics600", "ssv2"),
)
_transformers(
    "videomae",
    InputSpec(16, 4, (256, 320), 224, 224, *IMAGENET),
    "VideoMAE's ViT-B: joint attention over tubelets",
    "Tong et al., NeurIPS 2022",
    ("kinetics400", "ssv2"),
)
_transformers(
    "vivit",
    _spec(32, 2, (HALF, HALF)),
    "ViViT-B/16x2, model 1: joint attention over tubelets",
    "Arnab et al., ICCV 2021",
)
