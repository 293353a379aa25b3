"""Every backbone by name. Importing this fills the registry and imports no torch."""

from __future__ import annotations

from backbones.registry import REGISTRY, BackboneEntry
from backbones.spec import HALF, IMAGENET_MEAN, IMAGENET_STD, KINETICS_MEAN, KINETICS_STD, InputSpec

MBD = "Kang et al., Sensors 2025, 25(22), 6849"
HARA = "Hara et al., CVPR 2018 and ICPR 2020; R(2+1)D: Tran et al., CVPR 2018"
VTN = "Neimark et al., ICCVW 2021"

# MBD 4.1.1: consecutive frames, short side 128, crop 112; stride 8, short side 256–320, crop 224.
LOCAL = InputSpec(16, 1, (128, 128), 128, 112, KINETICS_MEAN, KINETICS_STD)
GLOBAL = InputSpec(16, 8, (256, 320), 256, 224, IMAGENET_MEAN, IMAGENET_STD)
GREY = ((0.45, 0.45, 0.45), (0.225, 0.225, 0.225))


def _hara(name: str, depth: int, factored: bool) -> None:
    kind = "R(2+1)D" if factored else "R3D"
    REGISTRY.add(
        BackboneEntry(
            name=name,
            builder="backbones.resnet3d:build",
            role="local",
            input=LOCAL,
            middle="layer3",
            summary=f"{kind}-{depth}: 7-frame stem, max-pool",
            source=HARA,
            arguments={"depth": depth, "factored": factored},
        )
    )


def _vtn(name: str, summary: str, spec: InputSpec = GLOBAL, source: str = VTN, **arguments: object) -> None:
    REGISTRY.add(
        BackboneEntry(
            name=name,
            builder="backbones.vtn:build",
            role="global",
            input=spec,
            middle="layer2",
            summary=summary,
            source=source,
            arguments=arguments,
            weights=("imagenet",),
        )
    )


for _depth in (18, 34, 50):
    _hara(f"r2plus1d{_depth}", _depth, factored=True)
for _depth in (18, 34, 50):
    _hara(f"r3d{_depth}", _depth, factored=False)

REGISTRY.add(
    BackboneEntry(
        name="r2plus1d18_tv",
        builder="backbones.torchvision_video:r2plus1d18",
        role="local",
        input=LOCAL,
        middle="layer3",
        summary="R(2+1)D-18 as torchvision builds it: 3-frame stem, no max-pool; one width",
        source="Tran et al., CVPR 2018; torchvision r2plus1d_18",
        weights=("kinetics400",),
    )
)
REGISTRY.add(
    BackboneEntry(
        name="r2plus1d50_ptv",
        builder="backbones.pytorchvideo_r2plus1d:build",
        role="local",
        input=InputSpec(16, 4, (256, 320), 256, 224, *GREY),
        middle="layer3",
        summary="R(2+1)D-50 as pytorchvideo builds it: inner widths not enlarged, no max-pool",
        source="Fan et al., ACM MM 2021 (PyTorchVideo) r2plus1d_r50",
        weights=("kinetics400",),
    )
)

_vtn("vtn_vitb", "VTN over ViT-B/16 frames", source=f"{VTN}; {MBD}", inner="vit_base_patch16_224")
_vtn("vtn_resnet50", "VTN over ResNet-50 frames", inner="resnet50", feedforward=4096)
_vtn("vtn_resnet101", "VTN over ResNet-101 frames", inner="resnet101", feedforward=4096)
# The published weights are TensorFlow's: "same" padding, BatchNorm epsilon 1e-3, pixels scaled to ±1. timm
# calls that network tf_efficientnet_lite0; in its efficientnet_lite0 these weights give other logits.
_vtn(
    "vtn:efficientnet_lite0",
    "VTN over EfficientNet-Lite0 frames; ImageNet weights from a package, without a hub",
    spec=InputSpec(16, 8, (256, 320), 256, 224, HALF, HALF),
    inner="tf_efficientnet_lite0",
)
_vtn("vtn:*", "VTN over any timm image model: vtn:<timm name>")

REGISTRY.add(
    BackboneEntry(
        name="swin3d_t",
        builder="backbones.torchvision_video:swin3d_t",
        role="global",
        input=InputSpec(32, 2, (256, 320), 256, 224, IMAGENET_MEAN, IMAGENET_STD),
        middle="layer3",
        summary="Video Swin-T",
        source="Liu et al., CVPR 2022; torchvision swin3d_t",
        weights=("kinetics400",),
    )
)
REGISTRY.add(
    BackboneEntry(
        name="mvit_v2_s",
        builder="backbones.torchvision_mvit:mvit_v2_s",
        role="global",
        input=InputSpec(16, 4, (256, 320), 256, 224, *GREY),
        middle="layer3",
        summary="MViTv2-S",
        source="Li et al., CVPR 2022; torchvision mvit_v2_s",
        weights=("kinetics400",),
    )
)
