"""MARS: an RGB stream that imitates the features of a trained optical-flow stream (Crasto et al., CVPR 2019).

The local stream is the teacher, over flow, frozen and in evaluation mode; the global one is the student,
over RGB. Both are one network on the same clips, so a flow field belongs to each frame. The student learns
from the labels and from alpha times the squared distance of its pooled features to the teacher's; in testing
it is an RGB network like any other, and no flow is computed.

MERS, the emulation, is taught by the distance alone; only the classifier learns from the labels. In the
authors' code that takes a second forward pass, which moves BatchNorm's running statistics twice; here both
come from one.

torch is imported where the class is made: lists and tables read this file, and need no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from methods.parts.setting_bounds import at_least
from methods.registry import METHODS, MethodEntry


@dataclass(frozen=True)
class MarsSettings:
    """alpha: weight of the squared distance, which is a mean over videos and features.

    variant: "mars", or "mers". schedule of MERS: "joint" trains all layers in every step; "phases" the
    network without its classifier in the first half of the steps, and the classifier in the second. shuffled:
    for each video the teacher's features of another one are imitated, a control that is known to do harm.
    only_with: which settings change nothing unless another one has one of these values.
    """

    only_with: ClassVar[Mapping[str, tuple[str, tuple[Any, ...]]]] = {"schedule": ("variant", ("mers",))}

    alpha: float = 50.0
    variant: Literal["mars", "mers"] = "mars"
    schedule: Literal["joint", "phases"] = "joint"
    shuffled: bool = False

    def __post_init__(self) -> None:
        at_least(self, 0, "alpha")


METHODS.add(
    MethodEntry(
        name="mars",
        target=f"{__name__}:Mars",
        summary="an RGB stream imitates the features of a trained flow stream (and mers, its emulation)",
        paper="Crasto et al., CVPR 2019",
        equations="L = CE + alpha MSE",
        fusion="global_only",
        settings=f"{__name__}:MarsSettings",
        roles="local is the teacher over optical flow (frozen), global the student over RGB; the same clips",
        teacher="local",
        taught_by="two_stream",
    )
)


def __getattr__(name: str) -> Any:
    """`Mars`, made when it is first asked for."""
    if name != "Mars":
        raise AttributeError(f"module {__name__} has no attribute '{name}'")
    return globals().setdefault(name, _mars())


def _mars() -> type:
    from torch import Tensor, nn
    from torch.nn import functional as F

    from backbones.base.errors import UsageError
    from backbones.contract import Backbone, Features, shapes
    from methods.contract import LOCAL, Losses, Method

    class Mars(Method):
        Settings = MarsSettings
        settings: MarsSettings
        frozen = (LOCAL,)
        same_clip = True

        def __init__(self, local: Backbone, glob: Backbone, settings: MarsSettings) -> None:
            super().__init__(local, glob, settings)
            student, teacher = (shapes(stream).embedding.shape[1] for stream in (glob, local))
            # Of two equal networks none is needed, and the paper has none.
            self.match = nn.Identity() if student == teacher else nn.Linear(student, teacher)
            self.imitates, self.classifies = True, True
            self.sometimes_idle = settings.variant == "mers" and settings.schedule == "phases"
            if settings.variant == "mers" and type(glob).write is not Backbone.write:
                raise UsageError(
                    "method.variant=mers gives the student's last map to its classifier, but what this "
                    "student classifies is no plain map; take a 3D CNN as the global stream"
                )

        def begin(self, step: int, steps: int, per_epoch: int) -> None:
            if self.sometimes_idle:
                self.imitates = 2 * step < steps
                self.classifies = not self.imitates

        def losses(self, local: Features, glob: Features, labels: Tensor) -> tuple[Losses, dict[str, Tensor]]:
            logits, target = glob.logits, local.embedding.detach()
            if self.settings.variant == "mers":  # no gradient of the labels goes beyond the classifier
                logits, _ = self.glob.head(glob.map.detach().float())
            if self.settings.shuffled:
                target = target.roll(1, dims=0)
            terms = {}
            if self.classifies:
                terms["global/ce"] = self.cross_entropy(logits, labels)
            if self.imitates:
                terms["global/mse"] = self.settings.alpha * F.mse_loss(self.match(glob.embedding), target)
            return terms, {}

    return Mars
