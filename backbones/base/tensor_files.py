"""Files of tensors of strangers: tensors and plain types, and never more memory than the file has bytes."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from backbones.base.left_out import LEFT_OUT
from backbones.base.regular import check_regular

MOST_VALUES = 10_000_000  # of a checkpoint: its tensors, the names of its videos
ZIP = b"PK\x03\x04"  # how such a file begins
SLACK = 2**20  # bytes: a zip file's own


class Unsafe(ValueError):
    """A file whose contents are not what a file of tensors has."""


def load_torch(path: Path, foreign: bool = False) -> Any:
    """What `torch.save` wrote, on the CPU, without running anything in it.

    foreign: a trainer's own objects beside the tensors are left out (`backbones.base.left_out`); otherwise
    the file is refused for them. Raises `Unsafe` for a file that would need more memory than it has bytes, or
    that is not as it was written; for one that is damaged in another way whatever torch raises.
    """
    check_regular(path)
    _check_zip(path)
    with warnings.catch_warnings(), torch.serialization.safe_globals(list(LEFT_OUT) if foreign else []):
        warnings.simplefilter("ignore")  # what torch thinks of the file's age and kind
        tree = torch.load(path, map_location="cpu", weights_only=True)
    _check_values(tree)
    return tree


def _check_zip(path: Path) -> None:
    """torch stores the parts of its zip file as they are: one that is packed could be any size unpacked.

    Each part has a CRC-32, which torch writes and does not look at.
    """
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            if file.read(len(ZIP)) == ZIP:  # its end is what makes it one
                raise Unsafe("it is cut off")
        return
    try:
        with zipfile.ZipFile(path) as parts:
            _check_parts(parts, path.stat().st_size)
    except zipfile.BadZipFile as error:
        raise Unsafe(f"it is damaged: {error}") from None


def _check_parts(parts: zipfile.ZipFile, size: int) -> None:
    whole = sum(part.file_size for part in parts.infolist())
    if whole > size + SLACK:
        raise Unsafe(f"it would be {whole} bytes unpacked")
    # `torch.serialization.set_crc32_options(False)` leaves 0 everywhere.
    if any(part.CRC for part in parts.infolist()) and (damaged := parts.testzip()):
        raise Unsafe(f"it is damaged: the checksum of its part {damaged} is another")


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
    if tensor.device.type != "cpu":
        raise Unsafe(f"it has tensors without values (device {tensor.device.type})")
    if tensor.numel() * tensor.element_size() > max(tensor.untyped_storage().nbytes(), SLACK):
        raise Unsafe(f"it has a tensor of {tensor.numel()} elements that are not in the file")
