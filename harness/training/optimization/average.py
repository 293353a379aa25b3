"""An exponential moving average of a method's weights (Polyak averaging, as TensorFlow and timm have it)."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


class WeightAverage:
    """The average of all that a method's state holds, buffers included.

    With BatchNorm's running means and variances averaged like the weights, they belong to the averaged
    weights: as near as can be without another pass over the training clips. Integers (how many batches
    BatchNorm saw) are copied.

    average <- d average + (1 - d) weights, d = min(decay, (1 + n) / (10 + n)) after n updates: with `decay`
    from the start, a short training would still be made of the weights that it began with.
    """

    def __init__(self, method: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.tensors = {name: tensor.detach().clone() for name, tensor in method.state_dict().items()}

    @torch.no_grad()
    def update(self, method: nn.Module) -> None:
        """Takes in the method's weights; called after each step."""
        now = method.state_dict()
        means = [name for name, tensor in self.tensors.items() if tensor.is_floating_point()]
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        average = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
        average([self.tensors[name] for name in means], [now[name] for name in means], self.updates)
        for name in self.tensors.keys() - means:
            self.tensors[name].copy_(now[name])
        self.updates += 1

    def give(self, method: nn.Module) -> None:
        """Replaces the method's weights by their average."""
        method.load_state_dict(self.tensors)

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"updates": self.updates, "tensors": self.tensors}

    def load(self, kept: dict[str, Any]) -> None:
        """The inverse of `state`; KeyError or RuntimeError where it is another method's."""
        self.updates = int(kept["updates"])
        for name, tensor in self.tensors.items():
            tensor.copy_(kept["tensors"][name])
