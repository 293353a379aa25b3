"""Large tensors on the disk: written piece by piece in the format of safetensors, mapped when they are read.

A mapped tensor takes no memory of its own: the system keeps the pages that are in use, and drops the others.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from torch import Tensor

from backbones.base.errors import UserError
from harness.files import clear_disk_errors

KINDS = {torch.int64: "I64", torch.float32: "F32", torch.bool: "BOOL"}  # as the format calls them
AT_ONCE = 2**24  # bytes of a tensor that are in memory together


def write(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """The bytes that `safetensors.torch.save_file` writes, with metadata by name; it takes any order.

    It lays tensors out by the size of their elements, then by name. tensors: of any shape, (N, …).
    """
    names = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    header: dict[str, Any] = {"__metadata__": dict(sorted(metadata.items()))}
    end = 0
    for name in names:
        tensor, begin = tensors[name], end
        end += tensor.numel() * tensor.element_size()
        shape = list(tensor.shape)
        header[name] = {"dtype": KINDS[tensor.dtype], "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text = text.ljust(len(text) + -len(text) % 8)
    with path.open("wb") as handle:
        handle.write(len(text).to_bytes(8, "little") + text)
        for name in names:
            _append(handle, tensors[name])


def _append(handle: IO[bytes], tensor: Tensor) -> None:
    for part in _pieces(tensor):
        if part.numel():
            handle.write(part.contiguous().numpy().data)


def _pieces(rows: Tensor) -> Iterator[Tensor]:
    """As many rows at a time as are a few megabytes."""
    size = rows[:1].numel() * rows.element_size()
    return iter(rows.split(max(1, AT_ONCE // max(1, size))))


def mapped(path: Path, name: str) -> Tensor | None:
    """A tensor (N, …) of float32 in a safetensors file that has been checked; None of others and of an empty
    one."""
    with path.open("rb") as handle:
        size = int.from_bytes(handle.read(8), "little")
        said = json.loads(handle.read(size))[name]
    begin, end = said["data_offsets"]
    if said["dtype"] != KINDS[torch.float32] or begin == end:
        return None
    return _map(path, 8 + size + begin, said["shape"])


def _map(file: Any, begin: int, shape: Iterable[int]) -> Tensor:
    """Changes stay in memory: the file is not written."""
    return torch.from_numpy(np.memmap(file, np.float32, mode="c", offset=begin, shape=tuple(shape)))


class Spool:
    """Rows of float32 that come batch by batch: kept in a file without a name, and mapped at the end."""

    def __init__(self, folder: Path | None) -> None:
        """folder: of the file [that of the system's temporary files]."""
        with clear_disk_errors((folder or Path(tempfile.gettempdir())) / "maps"):
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - it is there as long as the rows are
        self._rows, self._shape = 0, torch.Size()

    def add(self, rows: Tensor) -> None:
        """rows: (B, …)."""
        _append(self._file, rows.float())
        self._rows, self._shape = self._rows + len(rows), rows.shape[1:]

    def tensor(self) -> Tensor:
        """All rows (N, …), in the order in which they came; no more can be added."""
        shape = (self._rows, *self._shape)
        with self._file:  # what is mapped stays
            self._file.flush()
            return _map(self._file, 0, shape) if 0 not in shape else torch.empty(shape)


def spooled(parts: Iterable[Tensor], folder: Path | None) -> Tensor:
    """Rows one after the other, on the disk: (N, …) float32. parts: (B, …)."""
    try:
        spool = Spool(folder)
    except UserError:  # a folder that nothing can be written to
        spool = Spool(None)
    for part in parts:
        spool.add(part)
    return spool.tensor()


def taken(rows: Tensor, which: Tensor, folder: Path | None) -> Tensor:
    """`rows[which]` (M, …) in float32; in memory where that is a few megabytes. rows: (N, …). which: (M,)."""
    size = rows[:1].numel() * 4
    if len(which) * size <= AT_ONCE:
        return rows[which].float()
    return spooled((rows[some] for some in which.split(max(1, AT_ONCE // size))), folder)
