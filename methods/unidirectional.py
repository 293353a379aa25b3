"""One stream teaches the other on every video (MBD, Figure 5: the teacher is always the same branch).

The paper does not say whether that teacher is trained together with its student or before it: `frozen`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from backbones.base.streams import LOCAL, OTHER
from backbones.contract import Backbone, Features
from methods.parts.distillation import Distillation
from methods.parts.groups import Groups
from methods.unidirectional_settings import UnidirectionalSettings


class Unidirectional(Distillation):
    """Equations (8), (10) over all videos where the global stream teaches, (9), (11) where the local does."""

    Settings = UnidirectionalSettings
    settings: UnidirectionalSettings

    def __init__(self, local: Backbone, glob: Backbone, settings: UnidirectionalSettings) -> None:
        super().__init__(local, glob, settings, students=(OTHER[settings.teacher],))
        if settings.frozen:
            self.frozen = (settings.teacher,)

    def groups(self, local: Features, glob: Features, labels: Tensor) -> Groups:
        every = torch.ones_like(labels, dtype=torch.bool)
        local_teaches = self.settings.teacher == LOCAL
        return Groups(local=every, glob=~every) if local_teaches else Groups(local=~every, glob=every)

    def stats(self, groups: Groups) -> dict[str, Tensor]:
        return {}
