"""Equal videos of different parts are found, by reading little."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.data.content import equal
from harness.data.content.equal import equal_across
from harness.data.content.hashes import Hashes
from harness.data.index import Video

LONG = 3 * equal.MIDDLE


@pytest.fixture
def kept(tmp_path: Path) -> Hashes:
    return Hashes(tmp_path / "kept")


def videos(folder: Path, **contents: bytes) -> tuple[Video, ...]:
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return tuple(Video(name, folder / name, 0) for name in contents)


def names(groups) -> list[list[str]]:
    return [[f"{part} {video.id}" for part, video in group] for group in groups]


def test_groups_across_parts(tmp_path: Path, kept: Hashes) -> None:
    train = videos(tmp_path, a=b"one", b=b"two", c=b"two", d=b"else", i=b"in one part", j=b"in one part")
    test = videos(tmp_path, e=b"two", f=b"ONE", g=b"another")
    held = videos(tmp_path, h=b"else")
    found = equal_across({"train": train, "test": test, "holdout": held}, kept)
    assert names(found) == [["train b", "train c", "test e"], ["train d", "holdout h"]]


def test_only_files_that_agree_in_size_and_middle_are_read(tmp_path: Path, kept: Hashes, monkeypatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(Hashes, "of", lambda _, path: read.append(path.name) or path.read_bytes())
    start, end = b"s" * LONG, bytearray(b"s" * LONG)
    end[-1] = 0  # differs where only the whole file tells
    middle = bytearray(start)
    middle[LONG // 2] = 0
    train = videos(tmp_path, same=start, other=b"x" * (LONG + 1), middle=bytes(middle))
    test = videos(tmp_path, copy=start, end=bytes(end), longer=b"s" * (LONG + 2))
    assert names(equal_across({"train": train, "test": test}, kept)) == [["train same", "test copy"]]
    assert sorted(read) == ["copy", "end", "same"]


def test_files_that_are_empty_or_gone_are_not_equal(tmp_path: Path, kept: Hashes) -> None:
    train, test = videos(tmp_path, a=b"", b=b"x"), videos(tmp_path, c=b"", d=b"x")
    (tmp_path / "b").unlink()
    assert equal_across({"train": train, "test": test}, kept) == []
