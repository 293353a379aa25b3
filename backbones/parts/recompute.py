"""Gradient checkpointing (Chen et al., 2016, arXiv:1604.06174).

What a stage computes is not kept for the backward pass but computed again there: it costs a second forward
pass, and of each stage only the input is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint


def recomputed(stage: Callable[[Any], Any], network: nn.Module) -> Callable[[Any], Any]:
    """The stage with its backward pass computing it again: the same values, and the same gradients."""

    def contexts() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        return nullcontext(), _statistics_kept(network)

    return partial(checkpoint, stage, use_reentrant=False, context_fn=contexts)


def recomputed_by_blocks(stage: Callable[[Any], Any], blocks: Sequence[nn.Module]) -> Callable[[Any], Any]:
    """The stage with each of its `blocks` computed again, one at a time: what lies between them is kept."""

    def run(state: Any) -> Any:
        for block in blocks:
            vars(block)["forward"] = recomputed(block.forward, block)
        try:
            return stage(state)
        finally:
            for block in blocks:
                del vars(block)["forward"]

    return run


@contextmanager
def _statistics_kept(network: nn.Module) -> Iterator[None]:
    """The second pass must not enter BatchNorm's running means again: with momentum 0 they stay."""
    norms = [part for part in network.modules() if isinstance(part, _BatchNorm) and part.training]
    counts = [norm.num_batches_tracked for norm in norms]
    before = [
        (norm.momentum, None if n is None else n.clone()) for norm, n in zip(norms, counts, strict=True)
    ]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, (momentum, count) in zip(norms, before, strict=True):
            norm.momentum = momentum
            if norm.num_batches_tracked is not None and count is not None:
                norm.num_batches_tracked.copy_(count)
