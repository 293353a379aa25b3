"""One stream alone, trained by cross-entropy; the other is neither trained nor heard.

The other stream gets no gradient and is not run, nor are its clips decoded. What is stored of it says
nothing: uniform scores, an embedding and a map of zeros. So every fusion rule of scores predicts the trained
stream's class, and the method's own, the product, gives exactly its scores; the record calls the other "not
used".
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from backbones.contract import Backbone, Features, shapes
from methods.contract import Losses, Method
from methods.parts.distillation import OTHER
from methods.single_settings import SingleSettings


class Single(Method):
    """Cross-entropy of one stream."""

    Settings = SingleSettings
    settings: SingleSettings

    def __init__(self, local: Backbone, glob: Backbone, settings: SingleSettings) -> None:
        super().__init__(local, glob, settings)
        other = OTHER[settings.stream]
        self.unused = (other,)
        self.streams[other].requires_grad_(False)
        self.nothing = shapes(self.streams[other])  # type: ignore[arg-type]

    def features(self, clips: dict[str, Tensor], train: bool) -> dict[str, Features]:
        heard = super().features(
            {name: clip for name, clip in clips.items() if name not in self.unused}, train
        )
        silent = {name: clips[name] for name in self.unused if name in clips}
        return heard | {name: self.silence(len(clip), clip.device) for name, clip in silent.items()}

    def losses(self, local: Features, glob: Features, labels: Tensor) -> tuple[Losses, dict[str, Tensor]]:
        name = self.settings.stream
        logits = {"local": local, "global": glob}[name].logits
        return {f"{name}/ce": F.cross_entropy(logits, labels)}, {}
