"""A student of a trained teacher: the baselines of Wang et al. (AAAI 2024), one setting each.

The local stream is the teacher, frozen and in evaluation mode; the global one is the student. Both see the
global stream's clip. The plain student is `single` with `stream=global`.

"logits": cross-entropy, and KL to the teacher's softened scores times T² (Hinton et al., 2015).
"feature_norm": the same, each video's temperature being the norm of its embedding over `largest_norm`, at
least 1 (Xu et al., ECCV 2020; in their code the norm is clipped before the classifier, whose bias is then not
softened).
"simkd": the student's last map, projected, imitates the teacher's; the teacher's classifier judges it, in
testing too; labels are not used (Chen et al., CVPR 2022; their 1x1, 3x3, 1x1 convolutions, over time too).
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn import functional as F

from backbones.base.errors import UsageError
from backbones.base.streams import GLOBAL, LOCAL, StreamName
from backbones.contract import Backbone, Features, shapes
from backbones.parts.conv import Conv3d
from methods.contract import Losses, Method
from methods.genkd.kd_settings import KDSettings
from methods.parts.distillation_losses import kl_per_video
from methods.parts.representation import on_grid


def norm_temperature(embedding: Tensor, largest: float) -> Tensor:
    """max(1, norm / largest) of each video's embedding (B, D): (B, 1)."""
    return (embedding.norm(dim=1, keepdim=True) / largest).clamp_min(1.0)


def feature_norm_kl(student: Features, teacher: Features, largest: float) -> Tensor:
    """KL of scores, each side softened by its own embedding's norm (B,); no gradient reaches the teacher."""
    ours = student.logits / norm_temperature(student.embedding, largest)
    theirs = teacher.logits / norm_temperature(teacher.embedding, largest)
    return kl_per_video(ours, theirs, temperature=1.0)


class Projector(nn.Sequential):
    """A student's map (B, C, T, H, W) to the teacher's channels."""

    def __init__(self, given: int, wanted: int) -> None:
        inner = max(1, wanted // 2)
        super().__init__(
            *_unit(given, inner, 1),
            *_unit(inner, inner, 3),
            *_unit(inner, wanted, 1),
        )


def _unit(given: int, wanted: int, side: int) -> tuple[nn.Module, ...]:
    conv = Conv3d(given, wanted, side, padding=side // 2, bias=False)
    return conv, nn.BatchNorm3d(wanted), nn.ReLU(inplace=True)


class KD(Method):
    """Cross-entropy and a distillation term of the student, or SimKD's one term."""

    Settings = KDSettings
    settings: KDSettings
    frozen = (LOCAL,)
    same_clip = True

    def __init__(self, local: Backbone, glob: Backbone, settings: KDSettings) -> None:
        """A `UsageError` where SimKD is to reuse a teacher's classifier that takes no plain map."""
        super().__init__(local, glob, settings)
        if settings.kind == "simkd":
            if type(local).write is not Backbone.write:
                raise UsageError(
                    "method.kind=simkd gives the student's map to the teacher's classifier, but what this "
                    "teacher classifies is no plain map; take a 3D CNN as the local stream"
                )
            given, wanted = (shapes(stream).map.shape[1] for stream in (glob, local))
            self.projector = Projector(given, wanted)

    def features(self, clips: Mapping[StreamName, Tensor], train: bool) -> dict[StreamName, Features]:
        found = {name: self.stream_features(name, clip) for name, clip in clips.items()}
        if self.settings.kind == "simkd" and GLOBAL in found:
            found[GLOBAL] = self.reuse(found[GLOBAL])
        return found

    def reuse(self, student: Features) -> Features:
        """The student's features as the teacher's classifier judges its projected map."""
        projected = self.projector(student.map)
        logits, embedding = self.local.head(projected)
        return Features(logits, embedding, projected, extras={"projected": projected, "own": student.logits})

    def losses(self, local: Features, glob: Features, labels: Tensor) -> tuple[Losses, dict[str, Tensor]]:
        if self.settings.kind == "simkd":
            projected, target = glob.extras["projected"], local.map.detach().float()
            value = F.mse_loss(projected, on_grid(target, projected.shape[2:]))
            # The student's own classifier learns nothing; a gradient of zero keeps DDP going.
            return {"global/simkd": self.settings.own_weight * value + 0 * glob.extras["own"].sum()}, {}
        terms = {"global/ce": self.cross_entropy(glob.logits, labels)}
        return terms | {"global/kl": self.settings.own_weight * self.per_video(glob, local).mean()}, {}

    def per_video(self, student: Features, teacher: Features) -> Tensor:
        """The distillation term of each video (B,)."""
        if self.settings.kind == "feature_norm":
            return feature_norm_kl(student, teacher, self.settings.largest_norm)
        return kl_per_video(student.logits, teacher.logits, self.settings.temperature)
