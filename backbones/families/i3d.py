"""Inception-v1 I3D (Carreira & Zisserman, CVPR 2017), and its forms with fewer 3D kernels.

Names of the parts, and so the state dict, are those of the common public PyTorch port (`Mixed_3b.b1a.bn…`),
whose checkpoints load without renaming. As in TensorFlow, from which its weights come, "same" padding puts
the odd row behind, so that what is padded depends on the size of the input.

Form "3d" is I3D. "top" and "bottom" have 3D kernels from, or before, the module `turn`, and 2D ones (one
frame) elsewhere; "2d" has 2D ones only (Xie et al., ECCV 2018). Strides, and pools between the modules, stay
in time, so that all forms give maps of one shape. Top-I3D that turns at Mixed_4d is the student in the code
of Wang et al. (AAAI 2024); of their Bottom-I3D and I2D only the names are known, and the same turn is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from backbones.base.errors import UsageError
from backbones.contract import Backbone, State
from backbones.parts.width import scaled

Triple = tuple[int, int, int]
# Of each module: 1x1; 1x1 then 3x3; 1x1 then 3x3; pool then 1x1.
MIXED = {
    "Mixed_3b": (64, 96, 128, 16, 32, 32),
    "Mixed_3c": (128, 128, 192, 32, 96, 64),
    "Mixed_4b": (192, 96, 208, 16, 48, 64),
    "Mixed_4c": (160, 112, 224, 24, 64, 64),
    "Mixed_4d": (128, 128, 256, 24, 64, 64),
    "Mixed_4e": (112, 144, 288, 32, 64, 64),
    "Mixed_4f": (256, 160, 320, 32, 128, 128),
    "Mixed_5b": (256, 160, 320, 32, 128, 128),
    "Mixed_5c": (384, 192, 384, 48, 128, 128),
}
STEM = ("Conv3d_1a_7x7", "Conv3d_2b_1x1", "Conv3d_2c_3x3")
STAGES = {
    "stem": ("Conv3d_1a_7x7",),
    "layer1": ("MaxPool3d_2a_3x3", "Conv3d_2b_1x1", "Conv3d_2c_3x3"),
    "layer2": ("MaxPool3d_3a_3x3", "Mixed_3b", "Mixed_3c"),
    "layer3": ("MaxPool3d_4a_3x3", "Mixed_4b", "Mixed_4c", "Mixed_4d", "Mixed_4e", "Mixed_4f"),
    "layer4": ("MaxPool3d_5a_2x2", "Mixed_5b", "Mixed_5c"),
}
FORMS = ("3d", "top", "bottom", "2d")


def pad_same(x: Tensor, kernel: Triple, stride: Triple) -> Tensor:
    """Zeros around (B, C, T, H, W) so that ⌈size / stride⌉ windows fit; an odd one goes behind."""
    pads: list[int] = []
    for size, width, step in zip(x.shape[2:], kernel, stride, strict=True):
        extra = max(width - (size % step or step), 0)
        pads = [extra // 2, extra - extra // 2, *pads]  # F.pad begins with the last axis
    return F.pad(x, pads) if any(pads) else x


class Unit3D(nn.Module):
    """Convolution without bias, BatchNorm (epsilon 1e-3, as in TensorFlow), ReLU; on (B, C, T, H, W)."""

    def __init__(
        self, inputs: int, outputs: int, kernel: Triple, stride: Triple = (1, 1, 1), momentum: float = 0.01
    ) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(inputs, outputs, kernel, stride=stride, bias=False)
        self.bn = nn.BatchNorm3d(outputs, eps=0.001, momentum=momentum)
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv3d(pad_same(x, self.kernel, self.stride))), inplace=True)


class MaxPoolSame(nn.Module):
    """Max pooling of (B, C, T, H, W). Zeros are padded, not minus infinity: the same after a ReLU."""

    def __init__(self, kernel: Triple, stride: Triple) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        return F.max_pool3d(pad_same(x, self.kernel, self.stride), self.kernel, self.stride)


class Mixed(nn.Module):
    """Four branches side by side, on (B, C, T, H, W). time: frames of the kernels and of the pool, 3 or 1."""

    def __init__(self, inputs: int, channels: tuple[int, ...], time: int, momentum: float) -> None:
        super().__init__()

        def unit(given: int, wanted: int, side: int = 1) -> Unit3D:
            return Unit3D(given, wanted, (time if side > 1 else 1, side, side), momentum=momentum)

        self.b0 = unit(inputs, channels[0])
        self.b1a = unit(inputs, channels[1])
        self.b1b = unit(channels[1], channels[2], 3)
        self.b2a = unit(inputs, channels[3])
        self.b2b = unit(channels[3], channels[4], 3)
        self.b3a = MaxPoolSame((time, 3, 3), (1, 1, 1))
        self.b3b = unit(inputs, channels[5])
        self.outputs = channels[0] + channels[2] + channels[4] + channels[5]

    def forward(self, x: Tensor) -> Tensor:
        branches = (self.b0(x), self.b1b(self.b1a(x)), self.b2b(self.b2a(x)), self.b3b(self.b3a(x)))
        return torch.cat(branches, dim=1)


class Classifier(nn.Module):
    """A 1x1x1 convolution with bias, under the port's name (`logits.conv3d`): (B, C, S) to (B, K, S)."""

    def __init__(self, inputs: int, classes: int) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(inputs, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv3d(x[..., None, None])[..., 0, 0]


class I3D(Backbone):
    """Stages `stem`, `layer1` … `layer4`, each a map (B, C, T, H, W).

    The head judges every two neighbouring steps of the last map (the original's window of 2x7x7, here of the
    whole map's height and width) and takes the mean of their logits. Embedding: the mean of what it judges.
    """

    middle = "layer3"

    def __init__(
        self,
        classes: int,
        three_d: Mapping[str, bool],
        width: float,
        channels: int,
        dropout: float,
        momentum: float,
    ) -> None:
        super().__init__()
        first, second = scaled(64, width), scaled(192, width)
        time = {name: 3 if deep else 1 for name, deep in three_d.items()}
        stem = 7 if three_d["Conv3d_1a_7x7"] else 1
        self.Conv3d_1a_7x7 = Unit3D(channels, first, (stem, 7, 7), (2, 2, 2), momentum)
        self.MaxPool3d_2a_3x3 = MaxPoolSame((1, 3, 3), (1, 2, 2))
        self.Conv3d_2b_1x1 = Unit3D(first, first, (1, 1, 1), momentum=momentum)
        self.Conv3d_2c_3x3 = Unit3D(first, second, (time["Conv3d_2c_3x3"], 3, 3), momentum=momentum)
        self.MaxPool3d_3a_3x3 = MaxPoolSame((1, 3, 3), (1, 2, 2))
        self.MaxPool3d_4a_3x3 = MaxPoolSame((3, 3, 3), (2, 2, 2))
        self.MaxPool3d_5a_2x2 = MaxPoolSame((2, 2, 2), (2, 2, 2))
        inputs = second
        for name, full in MIXED.items():
            module = Mixed(inputs, tuple(scaled(n, width) for n in full), time[name], momentum)
            setattr(self, name, module)
            inputs = module.outputs
        self.dropout = nn.Dropout(dropout)
        self.logits = Classifier(inputs, classes)

    @property
    def stages(self) -> Mapping[str, Callable[[State], State]]:
        return {
            stage: nn.Sequential(*(getattr(self, name) for name in names)) for stage, names in STAGES.items()
        }

    def steps(self, state: State) -> Tensor:
        """What the head judges: (B, C, S), means over height, width and two neighbouring steps of time."""
        rows = state.mean(dim=(3, 4))
        return (rows[:, :, 1:] + rows[:, :, :-1]) / 2 if rows.shape[2] > 1 else rows

    def step_logits(self, state: State) -> Tensor:
        return self.logits(self.dropout(self.steps(state)))

    def head(self, state: State) -> tuple[Tensor, Tensor]:
        return self.step_logits(state).mean(dim=2), self.steps(state).mean(dim=2)


def three_d_parts(form: str, turn: str) -> dict[str, bool]:
    """Which parts with kernels over space have 3D ones; a `UsageError` for an unknown form or turn."""
    names = (*STEM, *MIXED)
    if form not in FORMS:
        raise UsageError(f"i3d: form is '{form}'; forms are {', '.join(FORMS)}")
    if turn not in names:
        raise UsageError(f"i3d: turn is '{turn}'; it must be one of {', '.join(names)}")
    after = {name: names.index(name) >= names.index(turn) for name in names}
    choices = {"3d": lambda late: True, "top": lambda late: late, "bottom": lambda late: not late}
    chosen = choices.get(form, lambda late: False)
    return {name: chosen(late) for name, late in after.items()}


def build(
    *,
    classes: int,
    frames: int,
    size: int,
    width: float = 1.0,
    in_channels: int = 3,
    form: str = "3d",
    turn: str = "Mixed_4d",
    dropout: float = 0.5,
    bn_momentum: float = 0.01,
) -> I3D:
    """12.70 M parameters with 400 classes as "3d"; for clips of any number of frames and size.

    dropout: before the classifier. bn_momentum: share of a batch in BatchNorm's running means, 0.01 as in the
    original; that takes hundreds of steps, and a short run wants more (0.1 is PyTorch's own).
    A `UsageError` where it is not above 0 and at most 1.
    """
    if not 0 < bn_momentum <= 1:
        raise UsageError(f"i3d: bn_momentum is {bn_momentum:g}; it must be above 0 and at most 1")
    return I3D(classes, three_d_parts(form, turn), width, in_channels, dropout, bn_momentum)
