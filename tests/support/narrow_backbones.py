"""Every backbone of the registry, small enough for a test: narrow, few frames, few pixels."""

from typing import Any

from backbones import build

NARROW: dict[str, Any] = {"classes": 5, "frames": 8, "size": 32, "width": 0.125}
SPECIAL: dict[str, dict[str, Any]] = {
    "s3d": {"frames": 16},
    "mvit_v1_b": {"frames": 4},
    "mvit_base_16x4": {"frames": 4, "width": 0.25},
    "c2d_r50": {"frames": 4},
    "slow_r50": {"frames": 4},
    "i3d_r50": {"frames": 4},
    "x3d_xs": {"frames": 2},
    "x3d_s": {"frames": 2},
    "x3d_m": {"frames": 2},
    "x3d_l": {"frames": 2},
    "vtn_vitb": {"frames": 3, "layers": 2},
    "vtn_resnet50": {"frames": 3},
    "vtn_resnet101": {"frames": 2, "layers": 1},
    "vtn:efficientnet_lite0": {"frames": 3, "width": 1.0, "hidden": 32},
    "vtn:*": {"frames": 2, "inner": "convnext_atto"},
    "mvit_v2_s": {"frames": 4},
    "timesformer": {"frames": 3, "layers": 4},
    "videomae": {"frames": 4, "layers": 4},
    "vivit": {"frames": 4, "layers": 5},
}


def sizes(name: str) -> dict[str, Any]:
    """The settings with which `build` makes it small."""
    return NARROW | SPECIAL.get(name, {})


def narrow(name: str) -> Any:
    return build(name, **sizes(name))
