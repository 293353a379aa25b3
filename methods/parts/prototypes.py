"""Class prototypes with momentum, interpretation R6 of MBD's equation (1) (as in PMR, arXiv 2211.07089)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from methods.parts.dominance import PRINTED, Form
from methods.parts.groups import over_processes


class Prototypes(nn.Module):
    """One prototype per class: a running mean of one stream's embeddings.

    momentum: share of a class's prototype that a batch leaves unchanged; a class's first batch sets it.
    The buffers are part of the checkpoint and equal on all processes.
    """

    means: Tensor
    seen: Tensor

    def __init__(self, classes: int, width: int, momentum: float) -> None:
        super().__init__()
        self.momentum = momentum
        self.register_buffer("means", torch.zeros(classes, width))
        self.register_buffer("seen", torch.zeros(classes, dtype=torch.bool))

    @torch.no_grad()
    def dominance(self, embedding: Tensor, form: Form = PRINTED) -> Tensor:
        """max_k softmax_k(-d(f, c_k)) over the classes seen so far; 1 for all before the first batch.

        embedding: (B, D). Returns (B,).
        """
        if not self.seen.any():
            return embedding.new_ones(len(embedding))
        distances = torch.linalg.vector_norm(embedding[:, None] - self.means.to(embedding), dim=-1)
        distances = (distances.square() if form.squared else distances) / form.temperature
        return torch.softmax(-distances.masked_fill(~self.seen, torch.inf), dim=-1).amax(dim=-1)

    @torch.no_grad()
    def update(self, embedding: Tensor, labels: Tensor) -> None:
        """Moves the prototypes of the batch's classes to their means over the whole batch.

        embedding: (B, D) and labels: (B,), of this process's videos.
        """
        counts, _ = over_processes(torch.bincount(labels, minlength=len(self.means)))
        sums = torch.zeros_like(self.means).index_add_(0, labels, embedding.to(self.means))
        sums, _ = over_processes(sums)
        present = counts > 0
        batch = sums / counts.clamp_min(1)[:, None]
        keep = torch.where(self.seen, self.momentum, 0.0)[:, None].to(batch)
        self.means.copy_(torch.where(present[:, None], keep * self.means + (1 - keep) * batch, self.means))
        self.seen |= present
