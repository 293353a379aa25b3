"""Which layer of a network each parameter is in, from the clip to the classifier.

A stage of the contract is a layer; a part that is a timm network has the layers that timm gives it (of a ViT,
its blocks). `head` is the last layer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from backbones.base.errors import UsageError
from backbones.contract import Backbone, State, empty_clip


def layers(backbone: Backbone) -> dict[str, int]:
    """The layer of each parameter, by the parameter's name; layers are numbered from 0, the first."""
    stage, inside = _stages(backbone), _timm_layers(backbone)
    place = {name: (number, inside.get(name, math.inf)) for name, number in stage.items()}
    number = {each: layer for layer, each in enumerate(sorted(set(place.values())))}
    return {name: number[each] for name, each in place.items()}


def freeze(backbone: Backbone, count: int) -> None:
    """The first `count` layers are not trained from here on, in place.

    Their parameters require no gradient; what lies in them alone (BatchNorm, dropout) acts as in testing.
    Raises UsageError where the network has no layer left to train.
    """
    layer = layers(backbone)
    last = max(layer.values())
    if count > last:
        raise UsageError(f"frozen_layers is {count}; this network has {last + 1}, and one must be trained")
    for name, parameter in backbone.named_parameters():
        if layer[name] < count:
            parameter.requires_grad_(False)
    backbone.held = [part for part in backbone.modules() if _is_frozen(part)]
    backbone.train(backbone.training)


def _is_frozen(part: nn.Module) -> bool:
    parameters = list(part.parameters())
    return bool(parameters) and not any(parameter.requires_grad for parameter in parameters)


def _stages(backbone: Backbone) -> dict[str, int]:
    """The number of the first stage whose state depends on each parameter; the head's is the last one.

    Found in the autograd graph of a clip on the meta device, since a stage may be any function.
    """
    tensors = {name: p.detach().to("meta").requires_grad_() for name, p in backbone.named_parameters()}
    names = {id(tensor): name for name, tensor in tensors.items()}
    found: dict[str, int] = {}
    seen: set[Any] = set()
    outputs = _outputs(backbone, tensors)
    for number, each in enumerate(outputs):
        for leaf in _new_leaves(each, seen):
            found[names[id(leaf)]] = number
    return {name: found.get(name, len(outputs) - 1) for name in tensors}


def _outputs(backbone: Backbone, parameters: dict[str, Tensor]) -> list[list[Tensor]]:
    """As of `_Outputs`, of a clip on the meta device, with these parameters in place of the network's."""
    tensors = parameters | {name: tensor.to("meta") for name, tensor in backbone.named_buffers()}
    clip = empty_clip(backbone).to(next(backbone.parameters()).dtype)
    training = backbone.training
    backbone.eval()
    try:
        with torch.enable_grad():
            named = {f"backbone.{name}": tensor for name, tensor in tensors.items()}
            return torch.func.functional_call(_Outputs(backbone), named, clip)
    finally:
        backbone.train(training)


class _Outputs(nn.Module):
    """A backbone that gives the tensors of every stage's state, then those of the head."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, clip: Tensor) -> list[list[Tensor]]:
        state: State = clip
        outputs = []
        for stage in self.backbone.stages.values():
            state = stage(state)
            seen = (state, self.backbone.read(state), self.backbone.pool(state))
            outputs.append([leaf for leaf in tree_leaves(seen) if isinstance(leaf, Tensor)])
        return [*outputs, list(self.backbone.head(state))]


def _new_leaves(outputs: Iterable[Tensor], seen: set[Any]) -> Iterator[Tensor]:
    """The leaves that `outputs` depend on, through nodes of the graph that are not `seen` yet."""
    waiting = [output.grad_fn for output in outputs]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            yield node.variable
        waiting.extend(following for following, _ in node.next_functions)


def _timm_layers(backbone: nn.Module) -> dict[str, int]:
    """The layers of parameters in parts that are timm networks, each numbered from 0."""
    found: dict[str, int] = {}
    for prefix, part in backbone.named_modules():
        if callable(getattr(part, "group_matcher", None)):
            from timm.models import group_parameters

            inside = group_parameters(part, part.group_matcher(coarse=False), reverse=True)
            found |= {f"{prefix}.{name}": layer for name, layer in inside.items()}
    return found
