"""Two streams, each trained by its own cross-entropy: the baseline without distillation (MBD, Table 1)."""

from __future__ import annotations

from torch import Tensor

from backbones.contract import Features
from methods.contract import Losses, Method
from methods.no_settings import NoSettings


class TwoStream(Method):
    Settings = NoSettings

    def losses(self, local: Features, glob: Features, labels: Tensor) -> tuple[Losses, dict[str, Tensor]]:
        terms = {
            "local/ce": self.cross_entropy(local.logits, labels),
            "global/ce": self.cross_entropy(glob.logits, labels),
        }
        return terms, {}
