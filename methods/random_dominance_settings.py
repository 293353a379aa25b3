"""Settings of MBD with a teacher drawn at random. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from methods.mbd_settings import MBDSettings


@dataclass(frozen=True)
class RandomDominanceSettings(MBDSettings):
    """draw: "shuffle" assigns MBD's groups to videos at random, so that their sizes stay the same; "coin"
    tosses a fair coin for each video.
    """

    draw: Literal["shuffle", "coin"] = "shuffle"
