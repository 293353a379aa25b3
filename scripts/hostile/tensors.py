"""Hostile files of tensors: code in a pickle, bombs, sizes that do not fit, values of other types."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from hostile.damage import Put, bytes_of, places, written

MARK = "executed"


class Code:
    """What a pickle runs when it is loaded."""

    def __reduce__(self) -> Any:
        return os.system, (f"touch {MARK}",)


def saved(tree: Any) -> bytes:
    file = io.BytesIO()
    torch.save(tree, file)
    return file.getvalue()


def of_torch(draw: random.Random, good: bytes) -> Iterator[tuple[str, Put]]:
    """In the place of a file that `torch.save` wrote."""
    yield from bytes_of(draw, good, flips=10)
    yield from places()
    yield "pickle with code", written(pickle.dumps(Code()))
    yield "pickle with code under a key", written(pickle.dumps({"method": {"a": Code()}}))
    yield "zip with code", written(with_pickle(good, pickle.dumps({"method": Code()}, protocol=2)))
    yield (
        "zip with a pickle of an unknown class",
        written(with_pickle(good, b"\x80\x02cbuiltins\neval\nX\x01\x00\x00\x001\x85R.")),
    )
    yield "zip bomb", lambda path: bomb(path, 2**34)
    yield "zip without parts", written(with_pickle(b"", b""))
    yield "elements without memory", written(saved({"method": {"a": torch.zeros(1).expand(2**40)}}))
    yield "elements without memory in a list", written(saved({"method": [torch.zeros(1).expand(2**33)] * 8}))
    yield "lists of lists of lists", written(saved({"method": laughs(40)}))
    yield "nested deeply", written(saved(deep(400)))
    for number, tree in enumerate(TREES):
        yield f"tree {number}: {str(tree)[:30]!r}", written(saved(tree))


TREES: tuple[Any, ...] = (
    *(None, 3, "x", [], {}, {"method": None}, {"method": []}, {"method": {1: torch.zeros(2)}}, {1: 2}),
    *(
        {"method": {"a": torch.tensor(float("nan"))}},
        {"state_dict": {"\x1b[31m": torch.zeros(3)}},
        torch.zeros(3),
    ),
    *(
        {"step": -5, "method": {}},
        {"step": 10**9, "method": {"streams.local.x": torch.zeros(1)}},
        {"model": {"x": 1}},
    ),
    *(
        {"method": {"x": torch.zeros(2, dtype=torch.complex64)}},
        {"a": torch.zeros(2).to_sparse()},
        {"a": torch.zeros(0)},
    ),
    {"a": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)},
)


def laughs(levels: int) -> list[Any]:
    """A list that has itself twice, level by level: 2^levels values in as many objects."""
    value: list[Any] = [0]
    for _ in range(levels):
        value = [value, value]
    return value


def deep(levels: int) -> Any:
    value: Any = 0
    for _ in range(levels):
        value = [value]
    return value


def with_pickle(good: bytes, data: bytes) -> bytes:
    """A file of torch's with another pickle in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as target:
        if good:
            with zipfile.ZipFile(io.BytesIO(good)) as source:
                for name in source.namelist():
                    target.writestr(name, data if name.endswith("data.pkl") else source.read(name))
    return file.getvalue()


def bomb(path: Path, size: int) -> None:
    """A small file that would be `size` bytes in memory: zeros, compressed."""
    block = bytes(2**24)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("x/version", "3")
        target.writestr("x/byteorder", "little")
        with target.open("x/data.pkl", "w", force_zip64=True) as part:
            for _ in range(min(size // len(block), 64)):
                part.write(block)


def of_safetensors(draw: random.Random, good: bytes) -> Iterator[tuple[str, Put]]:
    """In the place of a file of safetensors: a length in 8 bytes, a header of JSON, the values."""
    yield from bytes_of(draw, good, flips=10)
    yield from places()
    size = int.from_bytes(good[:8], "little")
    header, values = json.loads(good[8 : 8 + size]), good[8 + size :]
    for number in (0, 2**20, 2**40, 2**63, 2**64 - 1):
        yield f"header of {number} bytes", written(number.to_bytes(8, "little") + good[8:])
    for name, tree in _headers(header):
        yield name, written(packed(tree, values))
    yield "header nested deeply", written(packed_text("[" * 100_000, values))
    yield "header twice as long", written(packed_text(json.dumps(header) + " " * 2**20, values))
    yield "values that are not finite", written(packed(header, b"\xff" * len(values)))


def packed(header: Any, values: bytes) -> bytes:
    return packed_text(json.dumps(header), values)


def packed_text(text: str, values: bytes) -> bytes:
    return len(text.encode()).to_bytes(8, "little") + text.encode() + values


def _headers(header: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What can be said wrongly of the tensors, and of what belongs to them."""
    names = [name for name in header if name != "__metadata__"]
    first, meta = names[0], header.get("__metadata__", {})
    yield "no metadata", {name: header[name] for name in names}
    yield "a tensor is missing", {name: header[name] for name in header if name != first}
    yield "no tensor", {"__metadata__": meta}
    for key, value in (("shape", [2**62]), ("shape", [-1]), ("dtype", "F999"), ("data_offsets", [0, 2**62])):
        yield f"{key} is {value}", header | {first: header[first] | {key: value}}
    for name, text in (("ids", "["), ("ids", "3"), ("ids", "[1, 2]"), ("ids", "NaN"), ("ids", "[" * 9000)):
        yield f"{name} is {text[:6]}", header | {"__metadata__": meta | {name: text}}
    for text in ("[]", "3", '{"x": 3}', "null"):
        yield f"reasons is {text}", header | {"__metadata__": meta | {"reasons": text}}
    yield "ids of strangers", header | {"__metadata__": meta | {"ids": json.dumps(["\x1b[31m<b>"] * 16)}}
    yield "a name of 10,000 letters", header | {"x" * 10_000: header[first]}
