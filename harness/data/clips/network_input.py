"""Clips on their way from the loader into the networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from backbones.base.streams import StreamName
from harness.data.clips.dataset import Specs
from harness.data.clips.transform import normalise


@dataclass(frozen=True)
class NetworkInput:
    """Moves clips to the networks' device and normalises them as their stream's spec says.

    specs: of the streams that the method uses, with the mean and std of their weights.
    """

    specs: Specs
    device: torch.device
    dtype: torch.dtype = torch.float32

    def __call__(self, clips: Mapping[StreamName, Tensor]) -> dict[StreamName, Tensor]:
        """uint8 (B, T, H, W, C) of each stream to `dtype` (B, C, T, H, W)."""
        return {
            stream: normalise(
                pixels.to(self.device, non_blocking=True),
                self.specs[stream].mean,
                self.specs[stream].std,
                self.dtype,
            )
            for stream, pixels in clips.items()
        }
