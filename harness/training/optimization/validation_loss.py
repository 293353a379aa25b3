"""The loss on validation videos in the middle of a training, of the weights as they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import torch
from torch import distributed
from torch.nn import functional as F

from backbones.base.errors import UserError
from harness.data.clips.network_input import NetworkInput
from methods.contract import Method

if TYPE_CHECKING:
    from lightning_fabric import Fabric


@torch.no_grad()
def validation_loss(
    fabric: Fabric, method: Method, inputs: NetworkInput, batches: Iterable[dict[str, Any]]
) -> float:
    """Mean cross-entropy of the trained streams' logits, in nats, over the videos of all processes.

    batches: of this process, one view (B, 1, T, H, W, C) of each stream. Videos that cannot be decoded are
    left out. The method is in training mode again afterwards.
    """
    method.eval()
    names = [name for name in inputs.specs if name not in method.frozen]
    total = torch.zeros(2, dtype=torch.float64)
    for batch in batches:
        ok = batch["ok"]
        clips = {name: batch[name][ok, 0] for name in inputs.specs}
        if not len(clips[names[0]]):
            continue
        method.place({name: batch[f"{name}.frames"][ok, 0] for name in clips})
        with fabric.autocast():
            features = method(inputs(clips))
        labels = batch["label"][ok]
        losses = [F.cross_entropy(features[n].logits.float().cpu(), labels, reduction="sum") for n in names]
        total += torch.tensor([float(sum(losses)) / len(names), len(labels)], dtype=torch.float64)
    method.train()
    return _mean(total.to(fabric.device), fabric.world_size)


def _mean(total: torch.Tensor, world: int) -> float:
    """total: (sum of losses, videos) of this process."""
    if world > 1:
        distributed.all_reduce(total)
    if not total[1]:
        raise UserError("no validation video could be decoded, and train.schedule=plateau follows their loss")
    return float(total[0] / total[1])
