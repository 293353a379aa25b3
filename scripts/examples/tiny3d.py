"""A backbone of your own: two 3D convolutions, as a local or a global stream."""

from torch import nn

from backbones.contract import Backbone
from backbones.parts.conv import Conv3d
from backbones.registry import BACKBONES, BackboneEntry
from backbones.spec import KINETICS_MEAN, KINETICS_STD, InputSpec


class Tiny3D(Backbone):
    def __init__(self, classes, width):
        super().__init__()
        wide = max(1, round(64 * width))
        self.stem = nn.Sequential(Conv3d(3, wide, 3, stride=(1, 2, 2), padding=1), nn.ReLU())
        self.body = nn.Sequential(Conv3d(wide, wide, 3, stride=2, padding=1), nn.ReLU())
        self.classifier = nn.Linear(wide, classes)

    @property
    def stages(self):
        return {"stem": self.stem, "body": self.body}

    def head(self, state):
        embedding = self.pool(state)
        return self.classifier(embedding), embedding  # raw logits, never softmaxed


def build(*, classes, frames, size, width):
    return Tiny3D(classes, width)


SEES = InputSpec(16, 1, (128, 128), 128, 112, KINETICS_MEAN, KINETICS_STD)
NAMES = {"name": "my_tiny3d", "summary": "two 3D convolutions", "source": "an example"}
BACKBONES.add(BackboneEntry(**NAMES, builder=f"{__name__}:build", role="local", input=SEES, middle="stem"))
