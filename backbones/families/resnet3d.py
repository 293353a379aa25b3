"""3D ResNets, ResNeXts and R(2+1)D ResNets in the form of Hara et al. (CVPR 2018; ICPR 2020).

What sets this form apart from others of the same name: a stem with a 7-frame kernel and temporal stride 1,
a max-pool after the stem, and, in R(2+1)D, middle widths from the channels that each 3x3x3 convolution
itself joins (in a bottleneck: planes and planes). At 16x112x112 with 400 classes R(2+1)D-50 has 47.035 M
parameters and 10.524 G multiply-adds; torchvision's and pytorchvideo's networks of that name have neither.
ResNeXt-101 has 48.341 M and 9.568 G, with two channels of optical flow 48.319 M and 8.466 G.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from torch import Tensor, nn

from backbones.base.errors import UsageError
from backbones.contract import Backbone, State
from backbones.parts.conv import Conv3d
from backbones.parts.drop_path import add_drop_path, check_rate
from backbones.parts.width import scaled

PLANES = (64, 128, 256, 512)
CARDINALITY, OF_A_PATH = 32, (4, 8, 16, 32)  # a ResNeXt's paths, and the channels of one in each layer
BLOCKS_101 = (3, 4, 23, 3)
BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}
STEM_KERNEL = (7, 7, 7)


class Conv2Plus1D(nn.Module):
    """A 3D convolution factored into a spatial and a temporal one, BatchNorm and ReLU between them.

    The middle width M = ⌊t d² N Nᵢ / (d² Nᵢ + t N)⌋ keeps the parameter count of the t x d x d convolution
    from Nᵢ to N channels (Tran et al., CVPR 2018, section 3.5).
    """

    def __init__(self, inputs: int, outputs: int, kernel: tuple[int, int, int], stride: tuple[int, int, int]):
        super().__init__()
        time, height, width = kernel
        area = height * width
        middle = time * area * inputs * outputs // (area * inputs + time * outputs)
        self.spatial = convolution(inputs, middle, (1, height, width), (1, *stride[1:]))
        self.norm = nn.BatchNorm3d(middle)
        self.relu = nn.ReLU(inplace=True)
        self.temporal = convolution(middle, outputs, (time, 1, 1), (stride[0], 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(B, Nᵢ, T, H, W) to (B, N, T, H, W), T, H and W divided by the stride."""
        return self.temporal(self.relu(self.norm(self.spatial(x))))


Conv = Callable[[int, int, tuple[int, int, int], tuple[int, int, int]], nn.Module]


def convolution(
    inputs: int,
    outputs: int,
    kernel: tuple[int, int, int],
    stride: tuple[int, int, int] = (1, 1, 1),
    groups: int = 1,
) -> nn.Module:
    """A convolution without bias, zero-padded so that stride 1 keeps the size."""
    padding = (kernel[0] // 2, kernel[1] // 2, kernel[2] // 2)
    return Conv3d(inputs, outputs, kernel, stride=stride, padding=padding, groups=groups, bias=False)


class Block(nn.Module, ABC):
    """A residual block on (B, C, T, H, W): `body` plus the shortcut, then ReLU."""

    expansion = 1

    def __init__(self, inputs: int, planes: int, stride: int, conv: Conv) -> None:
        super().__init__()
        outputs = planes * self.expansion
        self.relu = nn.ReLU(inplace=True)
        self.drop_path: nn.Module = nn.Identity()  # `backbones.parts.drop_path`
        self.add_convolutions(inputs, planes, stride, conv)
        self.downsample = (
            nn.Identity() if stride == 1 and inputs == outputs else shortcut(inputs, outputs, stride)
        )

    @abstractmethod
    def add_convolutions(self, inputs: int, planes: int, stride: int, conv: Conv) -> None:
        """Makes the layers of `body`."""

    @abstractmethod
    def body(self, x: Tensor) -> Tensor:
        """The residual (B, C, T, H, W)."""

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.drop_path(self.body(x)) + self.downsample(x))


class BasicBlock(Block):
    """Two 3x3x3 convolutions (ResNet-18, -34)."""

    def add_convolutions(self, inputs: int, planes: int, stride: int, conv: Conv) -> None:
        self.conv1 = conv(inputs, planes, (3, 3, 3), (stride, stride, stride))
        self.bn1 = nn.BatchNorm3d(planes)
        self.conv2 = conv(planes, planes, (3, 3, 3), (1, 1, 1))
        self.bn2 = nn.BatchNorm3d(planes)

    def body(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        return self.bn2(self.conv2(x))


class Bottleneck(Block):
    """1x1x1, 3x3x3, 1x1x1 convolutions, the last four times as wide (ResNet-50)."""

    expansion = 4

    def add_convolutions(self, inputs: int, planes: int, stride: int, conv: Conv) -> None:
        self.conv1 = convolution(inputs, planes, (1, 1, 1))
        self.bn1 = nn.BatchNorm3d(planes)
        self.conv2 = conv(planes, planes, (3, 3, 3), (stride, stride, stride))
        self.bn2 = nn.BatchNorm3d(planes)
        self.conv3 = convolution(planes, planes * self.expansion, (1, 1, 1))
        self.bn3 = nn.BatchNorm3d(planes * self.expansion)

    def body(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        return self.bn3(self.conv3(x))


class ResNeXtBlock(Bottleneck):
    """A bottleneck whose 3x3x3 convolution has parallel paths (`groups`); it ends twice as wide as these."""

    expansion = 2


def shortcut(inputs: int, outputs: int, stride: int) -> nn.Module:
    """Projection by a strided 1x1x1 convolution (He et al.'s option B)."""
    conv = convolution(inputs, outputs, (1, 1, 1), (stride, stride, stride))
    return nn.Sequential(conv, nn.BatchNorm3d(outputs))


@dataclass(frozen=True)
class Form:
    """What sets a network of the family apart.

    stem: channels after the stem. planes, blocks: of each layer, the width inside its blocks and how many
    there are. conv: makes the 3x3x3 convolutions of the blocks; stem_conv: the stem's.
    """

    block: type[Block]
    stem: int
    planes: tuple[int, ...]
    blocks: tuple[int, ...]
    conv: Conv
    stem_conv: Conv


class ResNet3D(Backbone):
    """Stages `stem`, `layer1` … `layer4`, each a map (B, C, T, H, W); embedding: its mean, (B, C)."""

    middle = "layer3"

    def __init__(self, form: Form, classes: int) -> None:
        super().__init__()
        self.conv1 = form.stem_conv(3, form.stem, STEM_KERNEL, (1, 2, 2))
        self.bn1 = nn.BatchNorm3d(form.stem)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool3d(kernel_size=3, stride=2, padding=1)
        inputs = form.stem
        for number, (planes, blocks) in enumerate(zip(form.planes, form.blocks, strict=True), start=1):
            strides = [1 if number == 1 else 2] + [1] * (blocks - 1)
            setattr(self, f"layer{number}", make_layer(form.block, inputs, planes, strides, form.conv))
            inputs = planes * form.block.expansion
        self.fc = nn.Linear(inputs, classes)
        initialise(self.modules())

    def stem(self, clip: Tensor) -> Tensor:
        return self.maxpool(self.relu(self.bn1(self.conv1(clip))))

    @property
    def stages(self) -> Mapping[str, Callable[[State], State]]:
        return {"stem": self.stem} | {
            name: getattr(self, name) for name in ("layer1", "layer2", "layer3", "layer4")
        }

    def head(self, state: State) -> tuple[Tensor, Tensor]:
        embedding = self.pool(state)
        return self.fc(embedding), embedding

    def rename(self, key: str) -> str:
        """The key, here, of a tensor that a checkpoint of Hara's code calls `key`."""
        key = re.sub(r"conv(\d)_s\.", r"conv\1.spatial.", key)
        key = re.sub(r"bn(\d)_s\.", r"conv\1.norm.", key)
        key = re.sub(r"conv(\d)_t\.", r"conv\1.temporal.", key)
        return re.sub(r"bn(\d)_t\.", r"bn\1.", key)


def make_layer(
    block: type[Block], inputs: int, planes: int, strides: Iterable[int], conv: Conv
) -> nn.Sequential:
    """A block for each of `strides`. inputs: channels of the first one's input; planes: their own width."""
    layer = nn.Sequential()
    for stride in strides:
        layer.append(block(inputs, planes, stride, conv))
        inputs = planes * block.expansion
    return layer


def initialise(modules: Iterable[nn.Module]) -> None:
    """Convolutions by He's normal rule over the fan-out; the rest as PyTorch does."""
    for module in modules:
        if isinstance(module, nn.Conv3d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def build(
    *,
    classes: int,
    frames: int,
    size: int,
    width: float = 1.0,
    depth: int = 50,
    factored: bool = True,
    residual_gamma: float = 1.0,
    drop_path: float = 0.0,
) -> ResNet3D:
    """R(2+1)D (`factored`) or R3D of `depth` 18, 34 or 50, for clips of any number of frames and size.

    residual_gamma: what the weight γ of each block's last BatchNorm begins with. At 0 every block starts as
    the identity (Goyal et al., 2017), at 1, PyTorch's, as strong as its input. drop_path: probability with
    which the last block's residual is left out in training; in earlier ones it is smaller, 0 in the first.
    A `UsageError` for any other depth.
    """
    if depth not in BLOCKS:
        raise UsageError(f"a 3D ResNet of depth {depth} is not known here; depths: 18, 34, 50")
    block = Bottleneck if depth >= 50 else BasicBlock
    planes = tuple(scaled(channels, width) for channels in PLANES)
    conv = Conv2Plus1D if factored else convolution
    form = Form(block, planes[0], planes, BLOCKS[depth], conv, stem_conv=conv)
    return begun(ResNet3D(form, classes), residual_gamma, drop_path)


def build_resnext(
    *,
    classes: int,
    frames: int,
    size: int,
    width: float = 1.0,
    residual_gamma: float = 1.0,
    drop_path: float = 0.0,
) -> ResNet3D:
    """3D ResNeXt-101 (settings as for `build`). A narrow one has fewer paths, each as wide."""
    paths = scaled(CARDINALITY, width)
    planes = tuple(paths * channels for channels in OF_A_PATH)
    conv = partial(convolution, groups=paths)
    form = Form(ResNeXtBlock, scaled(PLANES[0], width), planes, BLOCKS_101, conv, stem_conv=convolution)
    return begun(ResNet3D(form, classes), residual_gamma, drop_path)


def begun(network: ResNet3D, residual_gamma: float, drop_path: float) -> ResNet3D:
    """The network with drop path and with `residual_gamma` as its last norms' weight."""
    check_rate(drop_path)
    if drop_path:
        add_drop_path([each for each in network.modules() if isinstance(each, Block)], drop_path)
    if residual_gamma != 1:
        set_last_norms(network, residual_gamma)
    return network


def set_last_norms(network: nn.Module, gamma: float) -> None:
    """Sets the weight γ of each block's last BatchNorm, in place."""
    for block in network.modules():
        if isinstance(block, BasicBlock | Bottleneck):
            last = block.bn3 if isinstance(block, Bottleneck) else block.bn2
            nn.init.constant_(last.weight, gamma)
