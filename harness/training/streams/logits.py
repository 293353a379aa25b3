"""Looks at the first logits of each stream: a backbone that softmaxes them would be trained askew, unseen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import nn

from backbones.base.errors import UserError
from backbones.contract import Features, softmaxed


@contextmanager
def raw_logits(streams: Mapping[str, nn.Module], wanted: bool) -> Iterator[None]:
    """Meanwhile a `UserError` where a stream's first logits look like probabilities.

    Only of what the backbone itself gives: a method's own head may give scores (`methods.genkd.genkd`).
    wanted: compiled streams are not looked at, since looking would break their graphs.
    """
    handles = [_look(name, stream) for name, stream in streams.items()] if wanted else []
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _look(name: str, stream: nn.Module) -> Any:
    def once(module: nn.Module, given: Any, features: Any) -> None:
        handle.remove()
        if isinstance(features, Features) and softmaxed(features.logits):
            raise UserError(
                f"the {name} stream's logits look like probabilities: the backbone must give what stands "
                "before the softmax"
            )

    handle = stream.register_forward_hook(once)
    return handle
