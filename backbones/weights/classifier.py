"""Which layer of a network is its classifier: weights for other classes leave it out."""

from __future__ import annotations

from torch import nn

from backbones.contract import Backbone


def classifier_of(backbone: Backbone) -> str:
    """Prefix of the last layer with one output per class: linear, or a convolution over single elements."""
    linear = [name for name, module in backbone.named_modules() if _outputs(module) == backbone.classes]
    return f"{linear[-1]}." if linear else "\0"


def _outputs(module: nn.Module) -> int | None:
    """The number of outputs of a module that can be a classifier."""
    if isinstance(module, nn.Linear):
        return module.out_features
    single = isinstance(module, nn.Conv3d) and module.bias is not None and max(module.kernel_size) == 1
    return module.out_channels if single else None  # type: ignore[return-value]
