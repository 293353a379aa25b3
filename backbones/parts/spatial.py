"""timm image models as the spatial net of a VTN: frames (N, 3, H, W) in, one feature vector each out."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

import timm
import torch
from torch import nn

from backbones.base.errors import UsageError, error_line, suggestion
from backbones.parts.drop_path import check_rate
from backbones.parts.width import fitting_heads, scaled


def spatial_net(name: str, size: int, width: float = 1.0, drop_path: float = 0.0) -> nn.Module:
    """The timm model `name` without its classifier, randomly initialised, for frames of `size` px.

    width: factor on its channels, for the families whose timm class has a setting for that. drop_path: its
    `drop_path_rate`.
    A `UsageError` where timm cannot build it so.
    """
    check_name(name)
    check_rate(drop_path)
    settings = narrow(name, width) if width != 1 else {}
    settings |= {"drop_path_rate": drop_path} if drop_path else {}
    try:
        return create(name, size, **settings)
    except (AssertionError, NotImplementedError, RuntimeError, TypeError, ValueError) as error:
        raise UsageError(
            f"timm cannot build '{name}' for frames of {size} px: {error_line(error)}"
        ) from error


def check_name(name: str) -> None:
    """A `UsageError` unless timm knows `name` (a pretrained tag after a dot is allowed)."""
    if not name or not timm.is_model(name.partition(".")[0]):
        raise UsageError(
            f"timm has no image model '{name}'{suggestion(name, timm.list_models()) or ';'} "
            "write vtn:<timm name>, for instance vtn:resnet18"
        )


def create(name: str, size: int, **settings: Any) -> nn.Module:
    """timm's model without classifier; told the frames' size where its class takes one."""
    try:
        return timm.create_model(name, num_classes=0, img_size=size, **settings)
    except TypeError as error:
        if "img_size" not in str(error):
            raise
    return timm.create_model(name, num_classes=0, **settings)


def feature_width(net: nn.Module, name: str, size: int) -> int:
    """The length D of the feature vectors (N, D) of frames of `size` px, found on the meta device.

    A `UsageError` where the network takes no such frames or gives something else.
    """
    tensors = dict(net.named_parameters()) | dict(net.named_buffers())
    on_meta = {key: tensor.to("meta") for key, tensor in tensors.items()}
    frames = torch.empty(2, 3, size, size, device="meta")
    training = net.training
    net.eval()
    try:
        features = torch.func.functional_call(net, on_meta, (frames,))
    except (AssertionError, RuntimeError, ValueError) as error:
        raise UsageError(f"timm's '{name}' cannot take frames of {size} px: {error_line(error)}") from error
    finally:
        net.train(training)
    if not isinstance(features, torch.Tensor) or features.dim() != 2:
        raise UsageError(f"timm's '{name}' does not give one feature vector per frame")
    return features.shape[1]


def narrow(name: str, width: float) -> dict[str, Any]:
    """timm's own width arguments for `name` at `width`, by the class of the model that timm builds.

    A `UsageError` where that class has none.
    """
    return copy.deepcopy(_narrowed(name, width))


@cache  # the whole model is built to look at it, as often as a network is
def _narrowed(name: str, width: float) -> dict[str, Any]:
    with torch.device("meta"):
        model = timm.create_model(name, num_classes=0)
    for cls in type(model).__mro__:
        if cls.__name__ in NARROW:
            return NARROW[cls.__name__](model, width)
    raise UsageError(
        f"timm's '{name}' has no width setting, but width {width:g} was asked for; give width 1 "
        "(--set global.width=1, or local.width=1), and 'hidden' to narrow the temporal encoder"
    )


def _vision_transformer(model: Any, width: float) -> dict[str, Any]:
    """Heads keep their channels where a whole number of them fits."""
    heads = model.blocks[0].attn.num_heads
    channels = max(1, round(heads * width)) * (model.embed_dim // heads)
    if heads * width < 1:
        channels = scaled(model.embed_dim, width)
    return {"embed_dim": channels, "num_heads": fitting_heads(channels, heads * width)}


def _resnet(model: Any, width: float) -> dict[str, Any]:
    """timm keeps the stem of its ResNets at 64 channels."""
    return {"channels": tuple(scaled(channels, width) for channels in (64, 128, 256, 512))}


def _convnext(model: Any, width: float) -> dict[str, Any]:
    return {"dims": tuple(scaled(stage["num_chs"], width) for stage in model.feature_info)}


def _swin(model: Any, width: float) -> dict[str, Any]:
    channels = scaled(model.embed_dim, width)
    heads = [stage.blocks[0].attn.num_heads for stage in model.layers]
    fitted = tuple(fitting_heads(channels * 2**i, wanted * width) for i, wanted in enumerate(heads))
    return {"embed_dim": channels, "num_heads": fitted}


NARROW: dict[str, Callable[[Any, float], dict[str, Any]]] = {
    "ConvNeXt": _convnext,
    "ResNet": _resnet,
    "SwinTransformer": _swin,
    "VisionTransformer": _vision_transformer,
}
