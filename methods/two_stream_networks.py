"""Methods over appearance (RGB) and motion (optical flow), as light entries."""

from __future__ import annotations

from methods.registry import METHODS, MethodEntry

MOTION = "local is motion (optical flow), global appearance (RGB); the same network on the same clips"
METHODS.add(
    MethodEntry(
        name="stddcn",
        target="methods.stddcn:STDDCN",
        summary="RGB and flow streams with dense links between their stages; their fusion teaches both",
        paper="Hao & Zhang, Pattern Recognition 92 (2019) 13-24 (from its abstract and highlights)",
        equations="reconstructed: links, z_f and L in methods/stddcn.py",
        fusion="product",
        settings="methods.settings:STDDCNSettings",
        roles=MOTION,
        twins="resnet50_2d",
    )
)
METHODS.add(
    MethodEntry(
        name="two_stream_r2plus1d",
        target="methods.two_stream:TwoStream",
        summary="Two-Stream R(2+1)D: RGB and flow trained by cross-entropy alone, scores averaged",
        paper="Tran et al., CVPR 2018, section 5 (its R(2+1)D-34 in this project's form)",
        equations="cross-entropy of each stream",
        fusion="average",
        settings="methods.settings:NoSettings",
        roles=MOTION,
        twins="r2plus1d34",
    )
)
METHODS.add(
    MethodEntry(
        name="two_stream_i3d",
        target="methods.two_stream:TwoStream",
        summary="Two-Stream I3D: RGB and flow trained by cross-entropy alone, scores averaged",
        paper="Carreira & Zisserman, CVPR 2017",
        equations="cross-entropy of each stream",
        fusion="average",
        settings="methods.settings:NoSettings",
        roles=MOTION,
        twins="i3d",
    )
)
