"""What a run's videos contained is kept beside it and compared."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from harness.data.content import contents
from harness.data.content.contents import Changed, Content, Contents
from harness.data.content.hashes import Hashes
from harness.data.index import Video, VideoIndex


@pytest.fixture
def kept(tmp_path: Path) -> Hashes:
    return Hashes(tmp_path / "kept")


@pytest.fixture
def videos(tmp_path: Path) -> list[Video]:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name * 10)
    return [Video(name, tmp_path / name, 0) for name in ("a", "b")]


def moved(videos: list[Video], folder: Path) -> list[Video]:
    folder.mkdir()
    return [Video(each.id, Path(shutil.copy(each.path, folder)), 0) for each in videos]


def test_what_is_written_is_read(tmp_path: Path, videos: list[Video], kept: Hashes) -> None:
    found = contents.look(videos, kept)
    both = Contents(found, {"other": {"\udcff.mp4": Content([3, 10], "s", "")}})
    contents.write(tmp_path / "contents.json", both)
    assert contents.read(tmp_path / "contents.json") == both
    assert [each.size for each in found.values()] == [10, 10]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"videos": {"a": 1}, "before": {}}', '{"videos": [1]}'])
def test_of_a_damaged_file_nothing_is_known(tmp_path: Path, text: str) -> None:
    (tmp_path / "contents.json").write_text(text)
    assert contents.read(tmp_path / "contents.json") == Contents()


def test_a_copy_of_the_data_is_the_same(tmp_path: Path, videos: list[Video], kept: Hashes) -> None:
    before = Contents(contents.look(videos, kept))
    copies = moved(videos, tmp_path / "copy")
    assert contents.compare(before, copies, kept) == Changed([], [])
    copies[1].path.write_text("c" * 10)
    assert contents.compare(before, copies, kept) == Changed(["b"], [])
    copies[0].path.unlink()
    assert contents.compare(before, copies, kept) == Changed(["b"], [])


def test_large_data_is_not_read_and_what_changed_cannot_be_told(
    tmp_path: Path, videos: list[Video], kept: Hashes
) -> None:
    before = Contents(contents.look(videos, kept, most=19))
    assert {each.sha256 for each in before.videos.values()} == {""}
    assert contents.compare(before, videos, kept) == Changed([], [])
    changed = contents.compare(before, moved(videos, tmp_path / "copy"), kept)
    assert changed == Changed([], ["a", "b"])
    (line,) = contents.say_changed(changed, "0123456789ab")
    assert line.startswith("it cannot be told whether 2 videos (a, b) are the same as when run 0123456789ab")


def test_the_hash_of_all(videos: list[Video], kept: Hashes) -> None:
    index = VideoIndex("x", "1", ("c",), (videos[1],), (videos[0],), "")
    found = contents.look(videos, kept)

    def sha(text: str) -> str:
        return hashlib.sha256(hashlib.sha256(text.encode()).digest()).hexdigest()

    rows = [["a", 0, sha("a" * 10)], ["b", 0, sha("b" * 10)]]
    expected = hashlib.sha256(json.dumps([["c"], rows]).encode()).hexdigest()
    assert contents.total(Contents(found), index) == expected
    assert contents.total(Contents({"a": found["a"]}), index) is None
