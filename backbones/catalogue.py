"""Every backbone by name. Importing this fills the registry and imports no torch."""

from __future__ import annotations

from backbones.registry import BACKBONES, BackboneEntry
from backbones.spec import GLOBAL, HALF, IMAGENET_MEAN, IMAGENET_STD, LOCAL, FlowSpec, InputSpec

MBD = "Kang et al., Sensors 2025, 25(22), 6849"
HARA = "Hara et al., CVPR 2018 and ICPR 2020; R(2+1)D: Tran et al., CVPR 2018"
VTN = "Neimark et al., ICCVW 2021"
XIE = "Xie et al., ECCV 2018"
WANG = "Wang et al., AAAI 2024"


def _hara(name: str, depth: int, factored: bool) -> None:
    kind = "R(2+1)D" if factored else "R3D"
    BACKBONES.add(
        BackboneEntry(
            name=name,
            builder="backbones.families.resnet3d:build",
            role="local",
            input=LOCAL,
            middle="layer3",
            summary=f"{kind}-{depth}: 7-frame stem, max-pool",
            source=HARA,
            arguments={"depth": depth, "factored": factored},
        )
    )


def _vtn(name: str, summary: str, spec: InputSpec = GLOBAL, source: str = VTN, **arguments: object) -> None:
    BACKBONES.add(
        BackboneEntry(
            name=name,
            builder="backbones.families.vtn:build",
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

BACKBONES.add(
    BackboneEntry(
        name="resnext3d101",
        builder="backbones.families.resnet3d:build_resnext",
        role="local",
        input=LOCAL,
        middle="layer3",
        summary="3D ResNeXt-101: 7-frame stem, max-pool, 32 paths",
        source="Hara et al., CVPR 2018; Xie et al., CVPR 2017",
    )
)
BACKBONES.add(
    BackboneEntry(
        name="c3d",
        builder="backbones.families.c3d:build",
        role="local",
        input=LOCAL,
        middle="conv4",
        summary="C3D: eight 3x3x3 convolutions, three linear layers",
        source="Tran et al., ICCV 2015",
    )
)
# As in TSN: a frame per segment, short side 256, crop 224; ten stacked flow fields as in two-stream networks.
SEGMENTS = InputSpec(8, 8, (256, 256), 256, 224, IMAGENET_MEAN, IMAGENET_STD, flow=FlowSpec(stack=10))
for _depth in (18, 34, 50, 101):
    BACKBONES.add(
        BackboneEntry(
            name=f"resnet{_depth}_2d",
            builder="backbones.families.resnet2d:build",
            role="global",
            input=SEGMENTS,
            middle="layer3",
            summary=f"2D ResNet-{_depth} on single frames or stacked flow, scores averaged (TSN)",
            source="Wang et al., ECCV 2016; He et al., CVPR 2016; timm",
            arguments={"network": f"resnet{_depth}"},
            weights=("imagenet",),
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


def _i3d(name: str, summary: str, source: str, **arguments: object) -> None:
    BACKBONES.add(
        BackboneEntry(
            name=name,
            builder="backbones.families.i3d:build",
            role="local",
            input=InputSpec(64, 1, (256, 256), 256, 224, HALF, HALF),
            middle="layer3",
            summary=summary,
            source=source,
            arguments=arguments,
        )
    )


_i3d("i3d", "Inception-v1 I3D; checkpoints of the public port load", "Carreira & Zisserman, CVPR 2017")
_i3d("top_i3d", "I3D with 2D kernels before Mixed_4d", f"{XIE}; {WANG}", form="top")
_i3d("bottom_i3d", "I3D with 2D kernels from Mixed_4d on", f"{XIE}; {WANG}", form="bottom")
_i3d("i2d", "I3D with 2D kernels only", f"{XIE}; {WANG}", form="2d")

import backbones.zoos  # noqa: E402, F401  (after ours, so that lists begin with them)
