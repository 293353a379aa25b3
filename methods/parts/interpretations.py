"""Interpretations of MBD's equation (1) in training: how dominant a stream is on each video of a batch.

The paper does not print the formula; its prose allows several. R1 (`methods.parts.dominance`) needs no label
and is the only one that can be used unchanged in testing. R2 and R5 need labels, R6 the prototypes of
`methods.parts.prototypes`; in testing all of them fall back to R1. R3 (no maximum over classes) and R4
(the wrong sign) contradict the prose and are left out.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from methods.parts.dominance import PRINTED, Form, distance_distribution, dominance, label_distances
from methods.parts.groups import over_processes

Interpretation = Callable[[Tensor, Tensor, Form], Tensor]


def all_classes(outputs: Tensor, labels: Tensor, form: Form = PRINTED) -> Tensor:
    """R1: max_k over the labels of all K classes. outputs: (B, K), probabilities or logits. Returns (B,)."""
    return dominance(outputs, form)


def batch_labels(outputs: Tensor, labels: Tensor, form: Form = PRINTED) -> Tensor:
    """R2: max_j softmax_j(-d(z, e_{y_j})), j over the N videos of the whole batch, repeated labels as often.

    outputs: (B, K), probabilities or logits; labels: (B,). Returns (B,). A class that n videos share counts n
    times in the sum, so its n equal terms are counted, not gathered: the same on any number of processes.
    """
    counts, _ = over_processes(torch.bincount(labels, minlength=outputs.shape[1]))
    distances = label_distances(outputs, form).masked_fill(counts == 0, torch.inf)
    # Relative to the nearest label: of logits, all distances may be so large that exp(-d) is 0.
    weights = torch.exp(distances.amin(dim=-1, keepdim=True) - distances)
    return 1 / (counts * weights).sum(dim=-1)


def true_label(outputs: Tensor, labels: Tensor, form: Form = PRINTED) -> Tensor:
    """R5: R1's probability at the video's own label (as in PMR, arXiv 2211.07089). Returns (B,)."""
    return distance_distribution(outputs, form).gather(1, labels[:, None]).squeeze(1)


def max_softmax(scores: Tensor, labels: Tensor, form: Form = PRINTED) -> Tensor:
    """The largest probability itself, no distance. scores: (B, K), probabilities. Returns (B,)."""
    return scores.amax(dim=-1)


INTERPRETATIONS: dict[str, Interpretation] = {
    "R1": all_classes,
    "R2": batch_labels,
    "R5": true_label,
    "max_softmax": max_softmax,
}
