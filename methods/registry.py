"""The methods and the fusion rules by name (torch-free)."""

from __future__ import annotations

from dataclasses import dataclass

from backbones.base.registry import Registry


@dataclass(frozen=True)
class MethodEntry:
    """A method by name.

    target: "module:Class" of a `Method`. fusion: the rule whose prediction is the method's own.
    paper, equations: where it is described. settings: "module:Class" of its settings, in a module without
    torch, so that lists can show them. roles: what the streams are to it, where they are not alike.
    teacher: the stream that must come trained, where there is one, on the clips that both streams see.
    taught_by: the method that trains it. after: what its run's checkpoint is for.
    twins: the backbone of both streams of a two-stream network, unless another is asked for: the local one
    over optical flow (motion), the global one over RGB (appearance), on the same clips.
    """

    name: str
    target: str
    summary: str
    paper: str
    equations: str
    fusion: str
    settings: str = ""
    roles: str = ""
    teacher: str = ""
    taught_by: str = ""
    after: str = ""
    twins: str = ""


@dataclass(frozen=True)
class FusionEntry:
    """A fusion rule by name.

    target: "module:Class" of a `Fusion`. learned: whether it must be fitted on held-out videos.
    maps: whether it needs the streams' stored maps.
    """

    name: str
    target: str
    summary: str
    paper: str
    learned: bool
    maps: bool = False


METHODS: Registry[MethodEntry] = Registry("method", "methods")
FUSIONS: Registry[FusionEntry] = Registry("fusion", "fusions")


def brings_networks(method: str) -> bool:
    """Whether the method names the networks of its streams itself (`two_stream_i3d`); no unknown one does."""
    return method in METHODS and bool(METHODS.get(method).twins)


def teacher_of(method: str) -> str:
    """The stream whose weights the method needs, or nothing."""
    return METHODS.get(method).teacher if method in METHODS else ""


MBD = "Kang et al., Sensors 2025, 25(22), 6849"

METHODS.add(
    MethodEntry(
        name="two_stream",
        target="methods.two_stream:TwoStream",
        summary="both streams trained by cross-entropy alone, no distillation",
        paper=f"{MBD}, the baseline of Table 1",
        equations="cross-entropy of (12), (13)",
        fusion="average",
        settings="methods.settings:NoSettings",
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
        settings="methods.settings:MBDSettings",
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
        settings="methods.settings:UnidirectionalSettings",
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
        settings="methods.settings:DistillSettings",
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
        settings="methods.settings:RandomDominanceSettings",
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
        settings="methods.settings:OracleDominanceSettings",
    )
)
METHODS.add(
    MethodEntry(
        name="single",
        target="methods.single:Single",
        summary="one stream trained by cross-entropy; the other neither trained nor heard",
        paper=f"{MBD}, section 4.1.6: a branch alone",
        equations="cross-entropy of (12) or (13)",
        fusion="product",
        settings="methods.settings:SingleSettings",
    )
)
GENKD = "Wang et al., AAAI 2024 (arXiv 2312.08644)"
PUPIL = "local is the teacher (frozen; its weights are given), global the student; both see the global clip"
METHODS.add(
    MethodEntry(
        name="genkd_teacher",
        target="methods.genkd.generative:GenKDTeacher",
        summary="one stream with attention head and conditional VAE, before distillation (genkd, phase A)",
        paper=GENKD,
        equations="L_cvae, L_cls, L_rec",
        fusion="product",
        settings="methods.genkd.settings:GenKDTeacherSettings",
        roles="local is trained (the teacher), global is not used; the other way round with stream=global",
        after="--method genkd --weights-local",
    )
)
METHODS.add(
    MethodEntry(
        name="genkd",
        target="methods.genkd.genkd:GenKD",
        summary="a student's VAE and attention imitate those of a trained teacher (genkd, phase B)",
        paper=GENKD,
        equations="L_cvae, L_GD; L_cls, L_rec, L_AD",
        fusion="global_only",
        settings="methods.genkd.settings:GenKDSettings",
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
        settings="methods.genkd.settings:KDSettings",
        roles=PUPIL,
        teacher="local",
        taught_by="genkd_teacher",
    )
)
FUSIONS.add(
    FusionEntry(
        name="average",
        target="methods.fusion.average:Average",
        summary="mean of the two streams' scores",
        paper=f"{MBD}, Figure 6 (1)",
        learned=False,
    )
)
FUSIONS.add(
    FusionEntry(
        name="adaptive",
        target="methods.fusion.adaptive:Adaptive",
        summary="scores weighted by the streams' dominance on each video",
        paper=f"{MBD}, equations (14), (15)",
        learned=False,
    )
)
FUSIONS.add(
    FusionEntry(
        name="max",
        target="methods.fusion.maximum:Maximum",
        summary="of each class, the larger of the two streams' scores",
        paper=f"{MBD}, Figure 6 (3)",
        learned=False,
    )
)
FUSIONS.add(
    FusionEntry(
        name="product",
        target="methods.fusion.product:Product",
        summary="control: mean of the two streams' log scores",
        paper="control; no paper's rule",
        learned=False,
    )
)
FUSIONS.add(
    FusionEntry(
        name="weighted",
        target="methods.fusion.weighted:Weighted",
        summary="one weight for all videos, the one with the least log-loss",
        paper=f"{MBD}, Figure 6 (2)",
        learned=True,
    )
)
FUSIONS.add(
    FusionEntry(
        name="concat",
        target="methods.fusion.concat:Concat",
        summary="both streams' embeddings side by side, a linear classifier",
        paper=f"{MBD}, Figure 6 (4)",
        learned=True,
    )
)
FUSIONS.add(
    FusionEntry(
        name="svm",
        target="methods.fusion.svm:SVM",
        summary="linear SVM on both streams' logits, probabilities calibrated",
        paper=f"{MBD}, Figure 6 (5)",
        learned=True,
    )
)
FUSIONS.add(
    FusionEntry(
        name="conv3d",
        target="methods.fusion.conv3d:Conv3d",
        summary="both streams' maps stacked, a 3D convolution, pooling, a classifier",
        paper=f"{MBD}, Figure 6 (6)",
        learned=True,
        maps=True,
    )
)
FUSIONS.add(
    FusionEntry(
        name="bilinear",
        target="methods.fusion.bilinear:Bilinear",
        summary="compact outer product of both streams' maps, a linear classifier",
        paper=f"{MBD}, Figure 6 (7)",
        learned=True,
        maps=True,
    )
)
FUSIONS.add(
    FusionEntry(
        name="better_single",
        target="methods.fusion.better_single:BetterSingle",
        summary="control: the stream with the smaller log-loss on held-out videos",
        paper="control; no paper's rule",
        learned=True,
    )
)
FUSIONS.add(
    FusionEntry(
        name="global_only",
        target="methods.fusion.global_only:GlobalOnly",
        summary="control: the global stream's scores alone; a student's own prediction",
        paper="control; no paper's rule",
        learned=False,
    )
)

import methods.two_stream_networks  # noqa: E402, F401  (after ours, so that lists begin with them)
