"""A backbone of two stages, and features made by hand, for tests of methods."""

import torch
from torch import nn

from backbones.contract import Backbone, Features


class TwoStage(Backbone):
    """Two stages and a linear head: pools to (B, width). Its clips are (B, 3, 2, 4, 4)."""

    middle = "first"

    def __init__(self, width, classes=3):
        super().__init__()
        self.frames, self.size, self.classes = 2, 4, classes
        self.first = nn.Conv3d(3, width, 1)
        self.second = nn.Conv3d(width, width, 1)
        self.classifier = nn.Linear(width, classes)

    @property
    def stages(self):
        return {"first": self.first, "second": self.second}

    def head(self, state):
        embedding = self.pool(state)
        return self.classifier(embedding), embedding


def make(method_class, **settings):
    """The method over a local stream of width 4 and a global one of width 6, in float64."""
    torch.manual_seed(0)
    return method_class(TwoStage(4), TwoStage(6), method_class.Settings(**settings)).double()


def features(logits, pooled=None, embedding=None):
    """What a stream would give; arrays or tensors (a tensor keeps its type and gradient)."""
    logits = torch.as_tensor(logits)
    embedding = logits if embedding is None else torch.as_tensor(embedding)
    middle = {} if pooled is None else {"first": torch.as_tensor(pooled)}
    return Features(logits, embedding, logits[:, :, None, None, None], middle)


def clips(videos=6, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(videos, 3, 2, 4, 4, generator=generator) for name in ("local", "global")}
