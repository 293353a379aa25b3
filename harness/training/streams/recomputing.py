"""Streams that compute their stages again in the backward pass (`--gradient-checkpointing`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from torch import nn

from backbones.contract import Backbone


@contextmanager
def recomputing(streams: Iterable[nn.Module], wanted: bool = True) -> Iterator[None]:
    """Meanwhile a training step keeps of each stage only what goes into it."""
    before = {stream: stream.recomputes for stream in streams if isinstance(stream, Backbone)}
    for stream in before:
        stream.recomputes = stream.recomputes or wanted
    try:
        yield
    finally:
        for stream, had in before.items():
            stream.recomputes = had
