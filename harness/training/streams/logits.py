"""Checks the first logits of each stream: training on softmaxed ones would go wrong without a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import nn

from backbones.base.errors import UserError
from backbones.contract import Features, softmaxed


@contextmanager
def refuse_softmax(streams: Mapping[str, nn.Module], wanted: bool) -> Iterator[None]:
    """Meanwhile a `UserError` where a stream's first logits look like probabilities.

    Only of what the backbone itself gives: a method's own head may give scores.
    wanted: compiled streams are not watched, since a hook would break their graphs.
    """
    handles = [_watch(name, stream) for name, stream in streams.items()] if wanted else []
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _watch(name: str, stream: nn.Module) -> Any:
    def once(module: nn.Module, given: Any, features: Any) -> None:
        handle.remove()
        if isinstance(features, Features) and softmaxed(features.logits):
            raise UserError(
                f"the {name} stream's logits look like probabilities: the backbone must give what stands "
                "before the softmax"
            )

    handle = stream.register_forward_hook(once)
    return handle
