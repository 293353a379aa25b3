"""Settings of MBD with the teacher known from the label. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from methods.mbd_settings import MBDSettings


@dataclass(frozen=True)
class OracleDominanceSettings(MBDSettings):
    """undecided: which stream teaches where both are right or both wrong: the dominant one, or neither."""

    undecided: Literal["dominance", "neither"] = "dominance"
