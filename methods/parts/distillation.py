"""The common part of methods in which one stream teaches the other on some videos of a batch.

A method says only on which videos which stream teaches (`groups`); the loss terms are MBD's equations
(8) to (13), so that methods differ in nothing else.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection

from torch import Tensor, nn

from backbones.base.errors import UsageError
from backbones.base.streams import OTHER, STREAMS, PerStream, StreamName
from backbones.contract import Backbone, Features, shapes
from methods.contract import Losses, Method
from methods.parts.distillation_losses import final_per_video
from methods.parts.distillation_settings import DistillSettings
from methods.parts.groups import Groups, group_mean
from methods.parts.projection import Alignment


class Distillation(Method):
    """Cross-entropy of both streams; final and middle terms of the `students`, on the groups taught.

    students: the streams that are taught; the projections of other directions are not made, since a
    parameter without gradient stops DistributedDataParallel.
    """

    Settings: type = DistillSettings
    settings: DistillSettings
    average_over = "group"
    shares = ("local-dominant",)

    def __init__(
        self,
        local: Backbone,
        glob: Backbone,
        settings: DistillSettings,
        students: Collection[StreamName] = STREAMS,
    ) -> None:
        super().__init__(local, glob, settings)
        self.students = students
        self.joint_terms = () if settings.detach_teacher else ("*/kl", "*/final-mse", "*/mse")
        self.stage = PerStream(
            _stage(local, settings.local_middle, "local_middle"),
            _stage(glob, settings.global_middle, "global_middle"),
        )
        if settings.middle:
            width = PerStream.of(lambda name: shapes(self.stream(name)).pooled[self.stage[name]].shape[1])
            how = settings.projection, settings.projected, settings.detach_teacher
            self.align = nn.ModuleDict(
                {name: Alignment(width[name], width[OTHER[name]], *how) for name in students}
            )

    @abstractmethod
    def groups(self, local: Features, glob: Features, labels: Tensor) -> Groups:
        """On which videos which stream teaches."""

    def stats(self, groups: Groups) -> dict[str, Tensor]:
        return {"local-dominant": groups.local.float().mean()}

    def taught_by(self, outputs: Tensor) -> Tensor:
        """What each video's student is compared with, (B, D), of the teacher's outputs for the batch."""
        return outputs

    def wanted(self) -> PerStream[Collection[str]]:
        if not self.settings.middle:
            return super().wanted()
        return self.stage.map(lambda stage: (stage,))

    def losses(self, local: Features, glob: Features, labels: Tensor) -> tuple[Losses, dict[str, Tensor]]:
        groups = self.groups(local, glob, labels)
        features, taught = PerStream(local, glob), PerStream(groups.glob, groups.local)
        terms = {
            f"{name}/ce": self.cross_entropy(features[name].logits, labels)
            for name in STREAMS
            if name not in self.frozen
        }
        if self.settings.final:
            terms |= dict(self.final_term(name, features, taught[name]) for name in self.students)
        if self.settings.middle:
            terms |= dict(self.middle_term(name, features, taught[name]) for name in self.students)
        return terms, self.stats(groups)

    def final_term(
        self, student: StreamName, features: PerStream[Features], taught: Tensor
    ) -> tuple[str, Tensor]:
        """Equation (8) or (9), times alpha, by the student's name. taught: (B,) bool."""
        chosen = self.settings
        logits, teacher = features[student].logits, self.taught_by(features[OTHER[student]].logits)
        how = chosen.final_loss, chosen.temperature, chosen.t_squared, chosen.detach_teacher
        values = final_per_video(logits, teacher, *how)
        term = "kl" if chosen.final_loss == "kl" else "final-mse"
        mean = group_mean(values, taught, self.average_over)
        return f"{student}/{term}", chosen.weight("kl", student) * mean

    def middle_term(
        self, student: StreamName, features: PerStream[Features], taught: Tensor
    ) -> tuple[str, Tensor]:
        """Equation (10) or (11), times beta, by the student's name. taught: (B,) bool."""
        middle = PerStream.of(lambda name: features[name].pooled[self.stage[name]])
        values = self.align[student](middle[student], self.taught_by(middle[OTHER[student]]))
        mean = group_mean(values, taught, self.average_over)
        return f"{student}/mse", self.settings.weight("mse", student) * mean


def _stage(stream: Backbone, chosen: str | None, setting: str) -> str:
    """The stage called `chosen`, or the backbone's own middle."""
    name = chosen or stream.middle
    if name not in stream.stages:
        known = ", ".join(stream.stages)
        raise UsageError(f"method.{setting} is '{name}'; this backbone's stages are {known}")
    return name
