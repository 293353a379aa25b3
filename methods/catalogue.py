"""The methods by name; importing this fills the registry (torch-free). A new method adds an entry here."""

from __future__ import annotations

from methods.registry import METHODS, MethodEntry

__all__ = ["METHODS"]

MBD = "Kang et al., Sensors 2025, 25(22), 6849"

METHODS.add(
    MethodEntry(
        name="two_stream",
        target="methods.two_stream:TwoStream",
        summary="both streams trained by cross-entropy alone, no distillation",
        paper=f"{MBD}, the baseline of Table 1",
        equations="cross-entropy of (12), (13)",
        fusion="average",
        settings="methods.no_settings:NoSettings",
    )
)
METHODS.add(
    MethodEntry(
        name="mbd",
        target="methods.mbd:MBD",
        summary="multi-layer bidirectional distillation: on each video the dominant stream teaches the other",
        paper=MBD,
        equations="(1)-(15)",
        fusion="adaptive",
        settings="methods.mbd_settings:MBDSettings",
    )
)
METHODS.add(
    MethodEntry(
        name="unidirectional",
        target="methods.unidirectional:Unidirectional",
        summary="one stream, always the same, teaches the other on every video; also frozen, trained before",
        paper=f"{MBD}, Figure 5",
        equations="(8), (10) or (9), (11) over all videos",
        fusion="average",
        settings="methods.unidirectional_settings:UnidirectionalSettings",
    )
)
METHODS.add(
    MethodEntry(
        name="mutual",
        target="methods.mutual:Mutual",
        summary="both streams teach each other on every video, without dominance (control)",
        paper="Zhang et al., CVPR 2018 (middle=false kl_weight=1: as published)",
        equations="(8)-(11) over all videos",
        fusion="average",
        settings="methods.parts.distillation_settings:DistillSettings",
    )
)
METHODS.add(
    MethodEntry(
        name="random_dominance",
        target="methods.random_dominance:RandomDominance",
        summary="mbd with the teacher of each video drawn at random (control)",
        paper="none: a control for MBD's claim",
        equations="(5)-(15), groups not by (3), (4)",
        fusion="adaptive",
        settings="methods.random_dominance_settings:RandomDominanceSettings",
    )
)
METHODS.add(
    MethodEntry(
        name="oracle_dominance",
        target="methods.oracle_dominance:OracleDominance",
        summary="mbd in which the stream that is right on the label teaches (control)",
        paper="none: a control for MBD's claim",
        equations="(5)-(15), groups not by (3), (4)",
        fusion="adaptive",
        settings="methods.oracle_dominance_settings:OracleDominanceSettings",
    )
)
METHODS.add(
    MethodEntry(
        name="shuffled_teachers",
        target="methods.shuffled_teachers:ShuffledTeachers",
        summary="mbd in which each video is taught with the teacher's outputs for another one (known harm)",
        paper="none: a control for studies, which must find it",
        equations="(1)-(15), teachers of (8)-(11) rolled by one video",
        fusion="adaptive",
        settings="methods.mbd_settings:MBDSettings",
    )
)
METHODS.add(
    MethodEntry(
        name="single",
        target="methods.single:Single",
        summary="one stream trained by cross-entropy; the other neither trained nor used",
        paper=f"{MBD}, section 4.1.6: a branch alone",
        equations="cross-entropy of (12) or (13)",
        fusion="product",
        settings="methods.single_settings:SingleSettings",
    )
)
GENKD = "Wang et al., AAAI 2024 (arXiv 2312.08644)"
PUPIL = "local is the teacher (frozen; its weights are given), global the student; both see the global clip"
METHODS.add(
    MethodEntry(
        name="genkd_teacher",
        target="methods.genkd.generative:GenKDTeacher",
        summary="one stream with attention head and conditional VAE: the teacher of genkd",
        paper=GENKD,
        equations="L_cvae, L_cls, L_rec",
        fusion="product",
        settings="methods.genkd.generative_settings:GenKDTeacherSettings",
        roles="local is trained (the teacher), global is not used; the other way round with stream=global",
        after="--method genkd --weights-local",
    )
)
METHODS.add(
    MethodEntry(
        name="genkd",
        target="methods.genkd.genkd:GenKD",
        summary="a student's VAE and attention imitate those of a trained teacher (Wang et al.)",
        paper=GENKD,
        equations="L_cvae, L_GD; L_cls, L_rec, L_AD",
        fusion="global_only",
        settings="methods.genkd.genkd_settings:GenKDSettings",
        roles=f"{PUPIL}; the teacher's weights are a finished genkd_teacher run",
        teacher="local",
        taught_by="genkd_teacher",
    )
)
METHODS.add(
    MethodEntry(
        name="kd",
        target="methods.genkd.kd:KD",
        summary="a student of a trained teacher: logits KD, feature-normalised KD, or SimKD",
        paper="Hinton et al., 2015; Xu et al., ECCV 2020; Chen et al., CVPR 2022",
        equations="baselines of Wang et al., AAAI 2024",
        fusion="global_only",
        settings="methods.genkd.kd_settings:KDSettings",
        roles=PUPIL,
        teacher="local",
        taught_by="genkd_teacher",
    )
)
MOTION = "local is motion (optical flow), global appearance (RGB); the same network on the same clips"
METHODS.add(
    MethodEntry(
        name="stddcn",
        target="methods.stddcn:STDDCN",
        summary="RGB and flow streams with dense links between their stages; their fusion teaches both",
        paper="Hao & Zhang, Pattern Recognition 92 (2019) 13-24 (from its abstract and highlights)",
        equations="reconstructed: links, z_f and L in methods/stddcn.py",
        fusion="product",
        settings="methods.stddcn_settings:STDDCNSettings",
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
        settings="methods.no_settings:NoSettings",
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
        settings="methods.no_settings:NoSettings",
        roles=MOTION,
        twins="i3d",
    )
)


def uses_own_networks(method: str) -> bool:
    """Whether the method names its streams' networks itself (`two_stream_i3d`)."""
    entry = METHODS.find(method)
    return entry is not None and bool(entry.twins)


def teacher_of(method: str) -> str:
    """The stream that must come trained, or "" where the method has no teacher."""
    entry = METHODS.find(method)
    return entry.teacher if entry else ""
