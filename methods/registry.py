"""The methods and the fusion rules by name (torch-free)."""

from __future__ import annotations

from dataclasses import dataclass

from backbones.registry import Registry


@dataclass(frozen=True)
class MethodEntry:
    """A method by name.

    target: "module:Class" of a `Method`. fusion: the rule whose prediction is the method's own.
    paper, equations: where it is described.
    """

    name: str
    target: str
    summary: str
    paper: str
    equations: str
    fusion: str


@dataclass(frozen=True)
class FusionEntry:
    """A fusion rule by name.

    target: "module:Class" of a `Fusion`. learned: whether it must be fitted on held-out videos.
    """

    name: str
    target: str
    summary: str
    paper: str
    learned: bool


METHODS: Registry[MethodEntry] = Registry("method", "methods")
FUSIONS: Registry[FusionEntry] = Registry("fusion", "fusions")

MBD = "Kang et al., Sensors 2025, 25(22), 6849"

METHODS.add(
    MethodEntry(
        name="two_stream",
        target="methods.two_stream:TwoStream",
        summary="both streams trained by cross-entropy alone, no distillation",
        paper=f"{MBD}, the baseline of Table 1",
        equations="cross-entropy of (12), (13)",
        fusion="average",
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
