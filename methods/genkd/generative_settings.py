"""Settings of a stream with attention head and conditional VAE, and of the teacher. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from backbones.base.streams import StreamName
from methods.parts.setting_bounds import above_zero, at_least


@dataclass(frozen=True)
class RepresentationSettings:
    """What is open where a stream is trained with attention head and VAE.

    classification: cross-entropy of the logits, or of their softmax scores summed over steps of time, which
    is a second softmax ("summed_scores", the authors' code). alternation: the VAE and the network learn in
    turns of a whole epoch ("epoch", as published: one published epoch is two here), or in every step.
    prior_weight: of what the VAE makes of the attention alone, after `ramp_epochs` published epochs.
    vae_lr: start of Adam's rate for the VAE; betas are 0.8 and 0.999.
    """

    classification: Literal["logits", "summed_scores"] = "logits"
    alternation: Literal["epoch", "step"] = "epoch"
    prior_weight: float = 0.5
    ramp_epochs: int = 20
    vae_lr: float = 1e-4

    def __post_init__(self) -> None:
        at_least(self, 0, "prior_weight")
        at_least(self, 1, "ramp_epochs")
        above_zero(self, "vae_lr")


@dataclass(frozen=True)
class GenKDTeacherSettings(RepresentationSettings):
    """stream: the one that is trained: the teacher is the local one; of the global one it is the module of
    feature representation alone, without distillation.
    """

    stream: StreamName = "local"
