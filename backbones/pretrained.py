"""Pretrained weights as tensors under a backbone's own keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class Pretrained:
    """Tensors under a backbone's own keys.

    source: the file, or the name in a model zoo. sha256: of the file, or of the tensors.
    mean, std: per channel, of the pixels they were trained on, in [0, 1]; None where the source does not say.
    origin: for tensors of a run, which run it was and on which data; None as its run where it is not known.
    """

    tensors: dict[str, Tensor]
    source: str
    sha256: str
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    origin: Mapping[str, Any] = field(default_factory=dict)
