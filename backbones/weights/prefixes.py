"""The names in a file of weights, without the prefixes that trainers put before a network's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from backbones.base.errors import UserError
from backbones.base.plain_text import clean
from backbones.contract import Backbone
from backbones.weights.classifier import classifier_of

MMACTION_HEADS = ("cls_head.fc_cls.", "cls_head.fc.", "cls_head.projection.")


def unprefixed(backbone: Backbone, given: Mapping[str, Tensor], file: Path) -> dict[str, Tensor]:
    """`given` under this network's names, without the prefix that a trainer puts before the network's keys.

    given: tensors of any shape; values and shapes stay. file: that they are of. Lightning has `model.`
    beside keys of metrics and losses, mmaction2 `backbone.` beside `cls_head.`: the prefix is taken off whose
    absence gives most tensors a place. A `UserError` where two different tensors would then have one name.
    """
    parts = [key.split(".") for key in given]
    begin = Counter(".".join(names[:n]) + "." for names in parts for n in (1, 2) if len(names) > n)
    prefixes = ["", *(prefix for prefix, count in begin.items() if 2 * count > len(given))]
    own = backbone.state_dict().keys()
    tried = [_placed(backbone, _without(prefix, backbone, given)) for prefix in prefixes]
    names = max(tried, key=lambda names: sum(name in own for name in set(names.values())))
    _check_apart(names, given, file)
    return {name: given[key] for key, name in names.items()}


def _without(prefix: str, backbone: Backbone, given: Mapping[str, Tensor]) -> dict[str, str]:
    """Of each key its name without the prefix, in this network's words."""
    heads = {name: classifier_of(backbone) for name in MMACTION_HEADS}
    names = {}
    for key in given:
        head = next((name for name in heads if prefix and key.startswith(name)), None)
        own = heads[head] + key.removeprefix(head) if head else backbone.rename(key.removeprefix(prefix))
        names[key] = own
    return names


def _placed(backbone: Backbone, names: Mapping[str, str]) -> dict[str, str]:
    """The names under the prefix that gives most of them a place: none, or the name of a part."""
    own = backbone.state_dict().keys()
    prefixes = ["", *(f"{name}." for name, _ in backbone.named_children())]
    best = max(prefixes, key=lambda prefix: sum(prefix + name in own for name in names.values()))
    return {key: name if name in own else best + name for key, name in names.items()}


def _check_apart(names: Mapping[str, str], given: Mapping[str, Tensor], file: Path) -> None:
    """Raises where one name would be that of two different tensors: only the user knows which is meant."""
    first: dict[str, str] = {}
    for key, name in names.items():
        other = first.setdefault(name, key)
        if other != key and not torch.equal(given[key], given[other]):
            both = f"'{other}' and '{key}' are different tensors for '{name}' of this network"
            raise UserError(clean(f"{file}: {both}; keep one of them in the file"))
