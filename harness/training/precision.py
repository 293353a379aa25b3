"""Precisions by name: what each means to Fabric, to autocast and to the clips.

A precision whose loss has to be scaled (fp16) takes more: see docs/architecture.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Precision:
    """fabric: lightning-fabric's word for it. dtype: of convolutions, matrix products and clips.

    mixed: whether the weights stay in float32 and autocast picks the operations that run in `dtype`.
    """

    fabric: str
    dtype: torch.dtype
    mixed: bool


PRECISIONS = {
    "fp32": Precision("32-true", torch.float32, mixed=False),
    "bf16": Precision("bf16-mixed", torch.bfloat16, mixed=True),
}


def clip_dtype(name: str) -> torch.dtype:
    """What clips are normalised to."""
    return PRECISIONS[name].dtype


def autocast(device: str, name: str) -> torch.autocast:
    """As Fabric runs a step in this precision; device: "cpu" or "cuda"."""
    precision = PRECISIONS[name]
    return torch.autocast(device, precision.dtype if precision.mixed else None, enabled=precision.mixed)
