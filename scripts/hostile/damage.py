"""What can be wrong with a file: damaged contents, contents made to do harm, and what is no regular file."""

from __future__ import annotations

import json
import os
import random
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Put = Callable[[Path], None]  # puts what is hostile in a file's place
CUTS = (0.0, 0.1, 0.5, 0.9, 0.99)
WRONG: tuple[Any, ...] = (
    None,
    [],
    {},
    "x",
    -1,
    3,
    1e300,
    True,
    [[[]]],
    "\x1b[31m\x07",
    "x" * 100_000,
    2**70,
    [None],
)
TOPS = ("[]", "{}", "3", "null", "true", '"x"', "[1, 2]", '[{"id": 1}]', '{"a": Infinity}', "NaN", "1e999")


def written(data: bytes) -> Put:
    return lambda path: void(path.write_bytes(data))


def void(_: Any) -> None:
    return None


def places() -> Iterator[tuple[str, Put]]:
    """What is no regular file, or one of a size that nobody reads whole."""
    yield "named pipe", lambda path: os.mkfifo(path)
    yield "folder", lambda path: path.mkdir()
    yield "link to itself", lambda path: path.symlink_to(path.name)
    yield "link to nowhere", lambda path: path.symlink_to("gone")
    yield "link to a device", lambda path: path.symlink_to("/dev/zero")
    yield "socket", listening
    yield "two terabytes", sparse


def listening(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's path may have 100 bytes
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(here)


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**41)


def bytes_of(draw: random.Random, good: bytes, flips: int = 6) -> Iterator[tuple[str, Put]]:
    """Cut off, and with bits that were flipped."""
    for cut in CUTS:
        yield f"cut off at {cut:.0%}", written(good[: int(len(good) * cut)])
    for number in range(flips):
        data = bytearray(good)
        for _ in range(1 + 4 * (number % 2)):
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        yield f"bits flipped, {number}", written(bytes(data))
    yield "zeros", written(bytes(len(good)))
    yield "not UTF-8", written(b"\xff\xfe\x00" + good)
    yield "noise", written(draw.randbytes(4096))


def texts(draw: random.Random, good: str) -> Iterator[tuple[str, Put]]:
    """Of a file of JSON, one value or one a line."""
    yield from bytes_of(draw, good.encode())
    yield from places()
    for top in TOPS:
        yield f"is {top}", written(top.encode())
    for name, text in (("lists", "[" * 100_000), ("mappings", '{"a":' * 100_000), ("digits", "9" * 100_000)):
        yield f"{name} without end", written(text.encode())
    yield "nested 900 deep", written(("[" * 900 + "]" * 900).encode())
    yield "the same value 2 million times", written(("[" + "0," * 2_000_000 + "0]").encode())


def leaves(draw: random.Random, good: str, count: int) -> Iterator[tuple[str, Put]]:
    """Of JSON: one value of another type, or one that is missing, chosen evenly among all depths."""
    for number in range(count):
        tree = json.loads(good)
        node, key = _somewhere(draw, tree)
        if number % 5 == 4 and isinstance(node, dict):
            del node[key]
            yield f"without {key}", written(json.dumps(tree).encode())
            continue
        node[key] = value = WRONG[number % len(WRONG)]
        yield f"{key} is {str(value)[:20]!r}", written(json.dumps(tree).encode())


def _somewhere(draw: random.Random, tree: Any) -> tuple[Any, Any]:
    node = tree
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = draw.choice(keys)
        deeper = isinstance(node[key], dict | list) and len(node[key]) > 0
        if not deeper or draw.random() < 0.3:
            return node, key
        node = node[key]


YAMLS = (
    *("!!python/object/apply:os.system ['touch executed']", "!!python/object/new:os.system [touch executed]"),
    *(
        "a: !!python/name:os.system",
        "&a [*a]",
        "a: &a {b: *a}",
        "*missing",
        "a: 1\na: 2",
        "? [1]\n: 2",
        "--- a\n--- b",
    ),
    *(
        "pairs: .nan",
        "pairs: " + "9" * 5000,
        "pairs: 2020-01-01",
        "arms: !!binary aGk=",
        "name: \x1b[31m",
        "a:\n\tb",
    ),
    *(
        "[" * 5000,
        "{a: " * 5000,
        "%YAML 9.9\n---\nx",
        "arms: [{mbd: {final: 2020-01-01}}]",
        "arms: [{1: {2: 3}}]",
    ),
    "arms: [mbd]\ndataset: localglobal\npreset: ../../../etc/passwd\npairs: 1",
    "arms: [{mbd: 1, two_stream: 2}]\ndataset: localglobal\npreset: tiny\npairs: 1",
    "arms: [mbd]\ndataset: localglobal\npreset: tiny\npairs: 1\nsettings: ['local=1']",
    "arms: [mbd]\ndataset: localglobal\npreset: tiny\npairs: 1\nsettings: ['local.width=.nan', '=', 'x']",
    "arms: [mbd, {mbd: {x: [1]}}]\ndataset: [a]\npreset: {b: 1}\npairs: 1",
    "arms: [nowhere]\ndataset: nowhere\npreset: nowhere\npairs: 500\nseeds: {1: all, 2: 9999999}",
    "tables: [nowhere]\npaper: ../x\ndataset: localglobal\npreset: tiny\npairs: 3",
    "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)),
)


def yamls(draw: random.Random, good: str) -> Iterator[tuple[str, Put]]:
    yield from bytes_of(draw, good.encode())
    yield from places()
    for number, text in enumerate(YAMLS):
        yield f"YAML {number}: {text[:30]!r}", written(text.encode())
