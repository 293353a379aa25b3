"""Multi-layer bidirectional distillation (Kang, Huo, Xu, Mei, Zhang; Sensors 2025, 25(22), 6849).

On each video the dominant stream teaches the other (equations 1 to 4): its softened scores (8, 9) and its
middle features (10, 11). The teacher is detached unless a setting says otherwise. Formulas are reconstructed
from the paper's prose; what it leaves open is a setting (`methods.mbd_settings`). Testing always uses
interpretation R1 of dominance: labels are not known then, and prototypes are not stored
(`methods.fusion.adaptive`).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from backbones.base.streams import PerStream
from backbones.contract import Backbone, Features, shapes
from methods.mbd_settings import MBDSettings
from methods.parts.distillation import Distillation
from methods.parts.dominance import Form
from methods.parts.groups import Groups, by_dominance
from methods.parts.interpretations import INTERPRETATIONS
from methods.parts.prototypes import Prototypes


class MBD(Distillation):
    """The more dominant stream of each video teaches."""

    Settings = MBDSettings
    settings: MBDSettings

    def __init__(self, local: Backbone, glob: Backbone, settings: MBDSettings) -> None:
        super().__init__(local, glob, settings)
        self.average_over = settings.average_over
        # The other interpretations ask for the one label of each video.
        self.mixable = self.mixable and settings.reading in ("R1", "max_softmax")
        self.form = Form(settings.distance == "squared", settings.dominance_temperature)
        if settings.reading == "R6":
            self.local_prototypes = _prototypes(local, settings.prototype_momentum)
            self.global_prototypes = _prototypes(glob, settings.prototype_momentum)

    def groups(self, local: Features, glob: Features, labels: Tensor) -> Groups:
        dominance = self.dominance(local, glob, labels)
        return by_dominance(dominance.local, dominance.glob, self.settings.tie)

    @torch.no_grad()
    def dominance(self, local: Features, glob: Features, labels: Tensor) -> PerStream[Tensor]:
        """m of equation (2) per stream, (B,), by the chosen interpretation; no gradient passes."""
        if self.settings.reading != "R6":
            interpretation = INTERPRETATIONS[self.settings.reading]
            return PerStream(local, glob).map(lambda each: interpretation(self._z(each), labels, self.form))
        return PerStream(
            self._by_prototypes(self.local_prototypes, local.embedding, labels),
            self._by_prototypes(self.global_prototypes, glob.embedding, labels),
        )

    def _z(self, stream: Features) -> Tensor:
        """What equation (1) compares with the labels, (B, K)."""
        of_logits = self.settings.dominance_of == "logits" and self.settings.reading != "max_softmax"
        return stream.logits if of_logits else F.softmax(stream.logits, dim=-1)

    def _by_prototypes(self, prototypes: Prototypes, embedding: Tensor, labels: Tensor) -> Tensor:
        """Read before the update, so that no video is compared with itself."""
        dominance = prototypes.dominance(embedding, self.form)
        prototypes.update(embedding, labels)
        return dominance


def _prototypes(stream: Backbone, momentum: float) -> Prototypes:
    return Prototypes(stream.classes, shapes(stream).embedding.shape[1], momentum)
