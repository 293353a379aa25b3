"""Settings of generative model-based feature distillation and of the baselines beside it. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from backbones.base.errors import UsageError
from methods.settings import StreamName


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
        if not self.vae_lr > 0:
            raise UsageError(f"method.vae_lr is {self.vae_lr:g}; it must be above 0")


@dataclass(frozen=True)
class GenKDTeacherSettings(RepresentationSettings):
    """stream: the one that is trained: the teacher is the local one; of the global one it is the module of
    feature representation alone, without distillation.
    """

    stream: StreamName = "local"


@dataclass(frozen=True)
class GenKDSettings(RepresentationSettings):
    """What distillation from the teacher leaves open.

    generative_weight: of the difference of both VAEs' reconstructions. attention_weight: of the difference of
    both attentions. teacher_vae: what the teacher's VAE rebuilds: the teacher's own map from its attention,
    or the student's ("student", the authors' code).
    """

    generative_weight: float = 0.01
    attention_weight: float = 0.1
    teacher_vae: Literal["teacher", "student"] = "teacher"

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 0, "generative_weight", "attention_weight")


@dataclass(frozen=True)
class KDSettings:
    """A trained teacher and a student.

    kind: "logits" (softened scores; Hinton et al., 2015), "feature_norm" (each video's temperature from the
    norm of its own embedding; Xu et al., ECCV 2020) or "simkd" (the teacher's classifier on the student's
    projected maps; Chen et al., CVPR 2022). weight: of the distillation term; null is 1, and 9 for
    "feature_norm". temperature: of "logits". largest_norm: of "feature_norm": the embedding's norm above
    which scores are softened.
    """

    kind: Literal["logits", "feature_norm", "simkd"] = "logits"
    weight: float | None = None
    temperature: float = 4.0
    largest_norm: float = 2.0

    def __post_init__(self) -> None:
        for name in ("temperature", "largest_norm"):
            if not getattr(self, name) > 0:
                raise UsageError(f"method.{name} is {getattr(self, name):g}; it must be above 0")
        if self.weight is not None:
            at_least(self, 0, "weight")

    @property
    def own_weight(self) -> float:
        return {"feature_norm": 9.0}.get(self.kind, 1.0) if self.weight is None else self.weight


def at_least(settings: object, least: float, *names: str) -> None:
    for name in names:
        value = getattr(settings, name)
        if not value >= least:
            raise UsageError(f"method.{name} is {value:g}; it must be {least:g} or more")
