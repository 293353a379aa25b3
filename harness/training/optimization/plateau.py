"""A rate that falls when the loss on validation videos does not: torch's ReduceLROnPlateau on one factor."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau


@dataclass(frozen=True)
class PlateauRule:
    """After more than `patience` epochs without a loss at least 1e-4 of itself below the best one, rates are
    multiplied by `factor`."""

    factor: float
    patience: int


class Plateau:
    """scale: what every rate is multiplied by, 1 at first. torch's scheduler sees an optimizer of one
    parameter, whose rate that is."""

    def __init__(self, rule: PlateauRule) -> None:
        self.optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(()))], lr=1.0)
        self.scheduler = ReduceLROnPlateau(self.optimizer, factor=rule.factor, patience=rule.patience)

    @property
    def scale(self) -> float:
        return float(self.optimizer.param_groups[0]["lr"])

    def see(self, loss: float) -> None:
        """The loss on validation videos after an epoch."""
        self.scheduler.step(loss)

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps: numbers."""
        kept = self.scheduler
        return {
            "scale": self.scale,
            "best": float(kept.best),
            "bad_epochs": int(kept.num_bad_epochs),
            "epochs": int(kept.last_epoch),
        }

    def load(self, kept: dict[str, Any]) -> None:
        """The inverse of `state`; KeyError, TypeError or ValueError for what is none."""
        scale, best = float(kept["scale"]), float(kept["best"])
        if not 0 <= scale <= 1 or math.isnan(best):
            raise ValueError(f"plateau: scale {scale:g}, best loss {best:g}")
        self.optimizer.param_groups[0]["lr"] = scale
        self.scheduler.best = best
        self.scheduler.num_bad_epochs = int(kept["bad_epochs"])
        self.scheduler.last_epoch = int(kept["epochs"])
