"""Files of tensors of strangers: tensors and plain types, and never more memory than the file has bytes."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from backbones.base.regular import check_regular

MOST_VALUES = 10_000_000  # of a checkpoint: its tensors, the names of its videos
SLACK = 2**20  # bytes: a zip file's own


class Unsafe(ValueError):
    """A file whose contents are not what a file of tensors has."""


def load_torch(path: Path) -> Any:
    """What `torch.save` wrote, on the CPU, without running anything in it.

    Raises `Unsafe` for a file that would need more memory than it has bytes; for a damaged one whatever torch
    raises.
    """
    check_regular(path)
    _check_zip(path)
    tree = torch.load(path, map_location="cpu", weights_only=True)
    _check_values(tree)
    return tree


def _check_zip(path: Path) -> None:
    """torch stores the parts of its zip file as they are: one that is packed could be any size unpacked."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as parts:
        whole = sum(part.file_size for part in parts.infolist())
    if whole > path.stat().st_size + SLACK:
        raise Unsafe(f"it would be {whole} bytes unpacked")


def _check_values(tree: Any) -> None:
    """A tensor can have one element in memory and say that it has 10^12; a list can have itself in it."""
    waiting, found = [tree], 0
    while waiting:
        node = waiting.pop()
        found += 1
        if found > MOST_VALUES:
            raise Unsafe("it has values without end")
        if isinstance(node, Tensor):
            _check_tensor(node)
        elif isinstance(node, dict):
            waiting += [*node.keys(), *node.values()]
        elif isinstance(node, list | tuple | set):
            waiting += node


def _check_tensor(tensor: Tensor) -> None:
    if tensor.layout != torch.strided or tensor.is_quantized:
        raise Unsafe("it has tensors that are sparse or quantized")
    if tensor.numel() * tensor.element_size() > max(tensor.untyped_storage().nbytes(), SLACK):
        raise Unsafe(f"it has a tensor of {tensor.numel()} elements that are not in the file")
