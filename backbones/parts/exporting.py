"""Networks that compute a part of themselves in another way while they are exported as a graph.

A flag of our own: `torch.compiler.is_exporting` is also true while torch.compile reads a network, up to torch
2.11 at least, and a compiled run would train with what is meant for graphs alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


class Exportable(nn.Module):
    """Computes as a graph can hold it while `exporting` is set."""

    exporting = False


@contextmanager
def exporting(network: nn.Module) -> Iterator[None]:
    """The network's parts compute meanwhile as a graph can hold them, in evaluation mode."""
    parts = [part for part in network.modules() if isinstance(part, Exportable)]
    for part in parts:
        part.exporting = True
    try:
        yield
    finally:
        for part in parts:
            part.exporting = False
