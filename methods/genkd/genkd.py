"""Generative model-based feature knowledge distillation (Wang et al., AAAI 2024), for recognition.

The local stream is the teacher: trained before (`genkd_teacher`), frozen, in evaluation mode. The global one
is the student. Both see the global stream's clip. The student learns as it would by itself
(`methods.genkd.generative`); in addition its VAE imitates the teacher's VAE in the phase "vae" (generative
distillation), and its attention the teacher's attention in the phase "network" (attention distillation).

The paper's pairs give maps of one shape. Where they differ, the teacher's values are averaged to the
student's grid, and a 1x1x1 convolution that learns takes the student's channels to the teacher's (ours).
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from backbones.base.errors import UsageError
from backbones.base.streams import GLOBAL, LOCAL, STREAMS, StreamName
from backbones.contract import Backbone, Features
from methods.contract import Losses
from methods.genkd.generative import NETWORK, VAE, Generative
from methods.genkd.genkd_settings import GenKDSettings
from methods.genkd.losses import attention_loss, generative_loss
from methods.parts.representation import on_grid


class GenKD(Generative):
    """The student learns; the teacher's stream and modules are held."""

    Settings = GenKDSettings
    settings: GenKDSettings
    frozen = (LOCAL,)
    same_clip = True

    def __init__(self, local: Backbone, glob: Backbone, settings: GenKDSettings) -> None:
        """A `UsageError` where the teacher's VAE would get the student's map and the maps differ in shape."""
        super().__init__(local, glob, settings, GLOBAL, STREAMS)
        theirs, ours = (self.modules_of(name) for name in STREAMS)
        if settings.teacher_vae == "student" and theirs.shape != ours.shape:
            raise UsageError(
                "method.teacher_vae=student gives the student's map to the teacher's VAE, but their maps "
                f"are of {ours.shape} and {theirs.shape}; take streams of one shape, or teacher_vae=teacher"
            )
        self.match_map = _to_width(nn.Conv3d, ours.shape[0], theirs.shape[0])
        self.match_attention = _to_width(nn.Conv1d, ours.shape[0], theirs.shape[0])

    def frozen_modules(self) -> list[nn.Module]:
        """The teacher's stream, with its attention head and VAE."""
        return [*super().frozen_modules(), self.represent[LOCAL]]

    def vae_parameters(self) -> list[nn.Parameter]:
        return [*super().vae_parameters(), *self.match_map.parameters()]

    def load_extras(self, stream: StreamName, tensors: dict[str, Tensor]) -> None:
        """The teacher's attention head and VAE, from its own run; a `UsageError` where they do not fit."""
        prefix = f"represent.{stream}."
        own = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
        modules = self.represent[stream]
        wanted = modules.state_dict()
        if {name: t.shape for name, t in own.items()} != {name: t.shape for name, t in wanted.items()}:
            raise UsageError(
                f"the {stream} stream's weights hold no attention head and VAE that fit its map; train it by "
                f"'harness run --method genkd_teacher' on the same clips and give --weights-{stream} ID"
            )
        modules.load_state_dict(own)

    def features(self, clips: Mapping[StreamName, Tensor], train: bool) -> dict[StreamName, Features]:
        if not train:
            return {name: self.view(name, clip) for name, clip in clips.items()}
        student = self.learned(clips[GLOBAL])
        with self.gradients_of(LOCAL):
            teacher = self.view(LOCAL, clips[LOCAL])
            if VAE in self.phases:
                teacher.extras["rebuilt"] = self.teachers_map(teacher, student)
        if VAE in self.phases:
            student.extras["matched"] = self.match_map(student.extras["rebuilt"])
        if NETWORK in self.phases:
            student.extras["matched_attention"] = self.match_attention(student.extras["attention"])
        return {LOCAL: teacher, GLOBAL: student}

    def teachers_map(self, teacher: Features, student: Features) -> Tensor:
        """What the teacher's VAE rebuilds (B, C, T, H, W)."""
        given = student if self.settings.teacher_vae == "student" else teacher
        return self.modules_of(LOCAL).vae(given.extras["map"], given.extras["attention"])[0]

    def losses(self, local: Features, glob: Features, labels: Tensor) -> tuple[Losses, dict[str, Tensor]]:
        terms, student, teacher = self.own_losses(glob, labels), glob.extras, local.extras
        if VAE in self.phases:
            matched = student["matched"]
            target = on_grid(teacher["rebuilt"], matched.shape[2:])
            weight = self.settings.generative_weight
            terms["global/generative"] = weight * generative_loss(matched, target)
        if NETWORK in self.phases:
            matched = student["matched_attention"]
            target = on_grid(teacher["attention"], matched.shape[2:])
            weight = self.settings.attention_weight
            terms["global/attention"] = weight * attention_loss(matched, target)
        return terms, {}


def _to_width(kind: type[nn.Conv1d | nn.Conv3d], given: int, wanted: int) -> nn.Module:
    return nn.Identity() if given == wanted else kind(given, wanted, 1)
