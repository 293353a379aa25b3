"""The better single stream, a control: the one with the smaller log-loss on held-out videos."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from methods.fusion.contract import Outputs
from methods.fusion.learned import Learned, log_loss


class BetterSingle(Learned):
    """stream_: "local" or "global"; the global one where both are equal. Never chosen on test videos."""

    stream_: Literal["local", "global"]

    def fit(self, outputs: Outputs, labels: Tensor) -> BetterSingle:
        local, glob = (log_loss(stream.scores, labels) for stream in (outputs.local, outputs.glob))
        self.stream_ = "local" if local < glob else "global"
        return self

    def predict_proba(self, outputs: Outputs) -> Tensor:
        return (outputs.local if self.stream_ == "local" else outputs.glob).scores

    def weights(self, outputs: Outputs) -> Tensor:
        own = [1.0, 0.0] if self.stream_ == "local" else [0.0, 1.0]
        return torch.tensor(own).expand(len(outputs), 2)
