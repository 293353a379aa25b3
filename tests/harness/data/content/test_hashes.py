"""Hashes are kept, and not believed where the file may have changed."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from harness.data.content import hashes
from harness.data.content.hashes import Hashes, content_hash, stamp


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute after all files were written."""
    now = time.time_ns
    monkeypatch.setattr(hashes.time, "time_ns", lambda: now() + 60 * 10**9)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    (tmp_path / "a.mp4").write_bytes(b"abc")
    return tmp_path / "a.mp4"


# SHA-256 of the digest of "abc", as `printf abc | sha256sum | xxd -r -p | sha256sum` prints it.
ABC = "4f8b42c22dd3729b519ba6f68d2da7cc5b2d606d05daed5ad5128cc03e6c6358"


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that are read."""
    read: list[Path] = []
    monkeypatch.setattr(hashes, "content_hash", lambda path: read.append(path) or content_hash(path))
    return read


def test_a_hash_is_computed_once(video: Path, tmp_path: Path, counted: list[Path]) -> None:
    for _ in range(2):
        with Hashes(tmp_path / "cache" / "kept") as kept:
            assert kept.of(video) == kept.of(video) == ABC
    assert counted == [video]


def test_a_check_computes_it_anew(video: Path, tmp_path: Path, counted: list[Path]) -> None:
    with Hashes(tmp_path / "kept") as kept:
        kept.of(video)
        kept.fresh(video)
    assert len(counted) == 2


@pytest.mark.parametrize("way", ["in place", "in place, with the old time", "replaced", "longer"])
def test_a_file_that_was_written_is_read_again(video: Path, tmp_path: Path, way: str) -> None:
    with Hashes(tmp_path / "kept") as kept:
        kept.of(video)
        before = video.stat()
        time.sleep(0.02)  # the clock of file systems ticks every few milliseconds
        if way == "replaced":
            (tmp_path / "new").write_bytes(b"xyz")
            (tmp_path / "new").replace(video)
        else:
            video.write_bytes(b"abcd" if way == "longer" else b"xyz")
        if way != "in place":
            os.utime(video, ns=(before.st_atime_ns, before.st_mtime_ns))
        text = video.read_bytes()
        assert kept.of(video) == hashlib.sha256(hashlib.sha256(text).digest()).hexdigest()


def test_what_may_still_be_written_is_not_kept(video: Path, tmp_path: Path, monkeypatch) -> None:
    written = video.stat().st_mtime_ns
    monkeypatch.setattr(hashes.time, "time_ns", lambda: written + 10**9)
    with Hashes(tmp_path / "kept") as kept:
        kept.of(video)
        assert kept.known(video, stamp(video)) == ""


def test_a_damaged_cache_is_made_anew(video: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"no database" * 1000)
    for known in ("", ABC):
        with Hashes(tmp_path / "kept") as kept:
            assert kept.known(video, stamp(video)) == known
            assert kept.of(video) == ABC


def test_without_a_cache_it_is_computed(video: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with Hashes(tmp_path / "file" / "kept") as kept:
        assert (kept.of(video), kept.known(video, stamp(video))) == (ABC, "")


def test_names_that_are_no_text(tmp_path: Path) -> None:
    video = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.mp4"))
    video.write_bytes(b"abc")
    with Hashes(tmp_path / "kept") as kept:
        kept.of(video)
        assert kept.known(video, stamp(video)) == ABC


def test_a_folder_of_frames_changes_with_its_frames(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"img_{number}.jpg").write_bytes(b"x")
    seen = {stamp(tmp_path)}
    for name in ("img_0.jpg", "img_2.jpg", "img_4.jpg"):
        found = (tmp_path / name).stat()
        os.utime(tmp_path / name, ns=(found.st_atime_ns, found.st_mtime_ns + 10**9))
        seen.add(stamp(tmp_path))
    (tmp_path / "img_5.jpg").write_bytes(b"x")
    assert len({*seen, stamp(tmp_path)}) >= 4
    assert stamp(tmp_path / "gone") == ""
