"""One stream alone, trained by cross-entropy; the other is neither trained nor used.

The other stream gets no gradient and is not run, and its clips are not decoded. What is stored for it carries
no information: uniform scores, and an embedding and a map of zeros. So every fusion rule over scores predicts
the trained stream's class, and the method's own rule, the product, gives exactly its scores. The record calls
the other stream "not used".
"""

from __future__ import annotations

from torch import Tensor

from backbones.base.streams import OTHER, PerStream
from backbones.contract import Backbone, Features
from methods.contract import Losses, Method
from methods.single_settings import SingleSettings


class Single(Method):
    """Cross-entropy of one stream."""

    Settings = SingleSettings
    settings: SingleSettings

    def __init__(self, local: Backbone, glob: Backbone, settings: SingleSettings) -> None:
        super().__init__(local, glob, settings)
        self.unused = (OTHER[settings.stream],)

    def losses(self, local: Features, glob: Features, labels: Tensor) -> tuple[Losses, dict[str, Tensor]]:
        name = self.settings.stream
        return {f"{name}/ce": self.cross_entropy(PerStream(local, glob)[name].logits, labels)}, {}
