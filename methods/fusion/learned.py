"""What learned rules share: parameters, log-loss, and the two streams' outputs side by side."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from sklearn.base import BaseEstimator
from torch import Tensor

from backbones.base.errors import UserError
from methods.fusion.contract import Fusion, Outputs

Field = Literal["scores", "logits", "embedding"]


class Learned(Fusion, BaseEstimator):
    """A rule with settings (`get_params`, `clone`) that is fitted before it predicts."""


def log_loss(proba: Tensor, labels: Tensor) -> float:
    """Mean of -log p(label), in nats. proba: (N, K); labels: (N,)."""
    own = proba.double().gather(1, labels[:, None])
    return float(-own.clamp_min(torch.finfo(torch.float32).tiny).log().mean())


def side_by_side(outputs: Outputs, field: Field) -> np.ndarray:
    """One of the streams' outputs, local first: (N, D_l + D_g), float64."""
    parts = [getattr(stream, field) for stream in (outputs.local, outputs.glob)]
    return torch.cat(parts, dim=1).double().numpy()


def maps(outputs: Outputs) -> tuple[Tensor, Tensor]:
    """Both streams' maps (N, C, T, H, W); a `UserError` where they were not stored."""
    local, glob = outputs.local.map, outputs.glob.map
    if local is None or glob is None:
        raise UserError("maps were not stored (test.store_maps was false); a run with it true stores them")
    return local, glob


def check_classes(labels: Tensor, classes: int) -> None:
    """A `UserError` where a class has no video: a classifier gives probabilities only to classes that it saw.

    labels: (N,). classes: K.
    """
    absent = classes - len(labels.unique())
    if absent:
        raise UserError(f"{absent} of {classes} classes have no video to fit it on")


def spread(proba: np.ndarray, like: Tensor) -> Tensor:
    """A scikit-learn classifier's probabilities (N, K) as a tensor of the dtype of `like`."""
    return torch.from_numpy(np.ascontiguousarray(proba)).to(like.dtype)
