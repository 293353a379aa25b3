"""MBD with the teacher known: the stream that is right on the label teaches (a control, not a paper's).

An upper bound of what a better interpretation of equation (1) could reach, since it knows the labels in
training.
"""

from __future__ import annotations

from torch import Tensor

from backbones.contract import Features
from methods.mbd import MBD
from methods.oracle_dominance_settings import OracleDominanceSettings
from methods.parts.groups import Groups


class OracleDominance(MBD):
    """Where exactly one stream's largest logit is the label's, it teaches; elsewhere `undecided` decides."""

    Settings = OracleDominanceSettings
    settings: OracleDominanceSettings
    mixable = False  # which stream is right is a question of one label

    def groups(self, local: Features, glob: Features, labels: Tensor) -> Groups:
        local_right = local.logits.argmax(dim=-1) == labels
        global_right = glob.logits.argmax(dim=-1) == labels
        by_label = Groups(local=local_right & ~global_right, glob=global_right & ~local_right)
        if self.settings.undecided == "neither":
            return by_label
        dominant, open_ = super().groups(local, glob, labels), local_right == global_right
        return Groups(
            local=by_label.local | (open_ & dominant.local), glob=by_label.glob | (open_ & dominant.glob)
        )
