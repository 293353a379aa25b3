"""The fusion rules by name; importing this fills the registry (torch-free). A new rule adds an entry here."""

from __future__ import annotations

from methods.registry import FUSIONS, FusionEntry

__all__ = ["FUSIONS"]

MBD = "Kang et al., Sensors 2025, 25(22), 6849"

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
