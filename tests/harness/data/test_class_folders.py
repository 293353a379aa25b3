"""What is taken from class folders, what is passed over, and where links may lead."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from backbones.base.errors import UsageError, UserError
from harness.data.class_folders import videos_below
from harness.data.index import VideoIndex
from harness.data.registry import open_index
from harness.data.sets import folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two classes of four videos each."""
    for name in ("run", "walk"):
        (tmp_path / "root" / name).mkdir(parents=True)
        for number in range(4):
            (tmp_path / "root" / name / f"{number}.mp4").write_bytes(b"x" * (number + 1))
    return tmp_path / "root"


def ids(index: VideoIndex) -> set[str]:
    return {video.id for video in (*index.train, *index.test)}


def test_every_suffix_of_a_video_is_taken_and_the_rest_counted(root: Path) -> None:
    suffixes = ["ts", "m2ts", "MTS", "3gp", "vob", "ogv", "asf", "gif"]
    for suffix in suffixes:
        (root / "run" / f"new.{suffix}").write_bytes(b"x")
    for other in ("a.txt", "b.txt", "notes.json", "README", ".hidden", "._new.avi"):
        (root / "walk" / other).write_bytes(b"x")
    found = folder.index(root)
    assert {f"run/new.{suffix}" for suffix in suffixes} <= ids(found)
    assert len(ids(found)) == 8 + len(suffixes)
    assert found.layout[1] == "  passed over, as no videos by their names: 2 .txt, 1 .json, 1 without suffix"


def test_without_videos_what_there_is_is_said(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "a.rar").write_bytes(b"x")
    with pytest.raises(UserError, match=r"no videos in folders of .*: 1 \.rar; expected <class>/<video>"):
        folder.index(tmp_path)


def test_a_link_to_a_folder_above_is_not_walked_through(root: Path) -> None:
    (root / "run" / "up").symlink_to("..")
    (root / "walk" / "itself").symlink_to(".")
    found = folder.index(root)
    assert len(ids(found)) == 8
    assert found.layout[1].endswith(": 2 link(s) back to a folder above")


@pytest.fixture
def linked(root: Path) -> Path:
    """A video, and a folder with one, that lie elsewhere; a link to a video inside."""
    store = root.parent / "store"
    (store / "more").mkdir(parents=True)
    (store / "1.mp4").write_bytes(b"xx")
    (store / "more" / "2.mp4").write_bytes(b"xxx")
    (root / "run" / "inside.mp4").symlink_to("0.mp4")
    return store


@pytest.mark.parametrize("target", ["1.mp4", "more"])
def test_links_out_of_the_root_are_followed_where_asked(root: Path, linked: Path, target: str) -> None:
    assert "run/inside.mp4" in ids(folder.index(root))
    (root / "walk" / f"far-{target}").symlink_to(linked / target)
    with pytest.raises(UserError, match=r"'walk/far-.*' leads out of .*/store/.*; --set data\.links=follow"):
        folder.index(root)
    assert len(ids(folder.index(root, links="follow"))) == 10


@pytest.mark.parametrize("place", ["far", "walk/far", "walk/deep/far"])
def test_nothing_behind_a_link_out_of_the_root_is_looked_at(root: Path, place: str, monkeypatch) -> None:
    store = root.parent / "store"
    store.mkdir()
    (root / "walk" / "deep").mkdir()
    (root / place).symlink_to(store)
    listed: list[Path] = []
    look = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: listed.append(path.resolve()) or look(path))
    with pytest.raises(UserError, match=rf"'{place}' leads out of .*; --set data\.links=follow"):
        folder.index(root)
    assert root in listed
    assert store not in listed


def test_a_link_to_the_whole_machine_is_passed_over(root: Path) -> None:
    (root / "walk" / "machine").symlink_to("/")
    index = folder.index(root, links="follow")
    assert len(ids(index)) == 8
    assert "1 link(s) back to a folder above" in " ".join(index.layout)


def test_links_in_lists(root: Path, linked: Path) -> None:
    (root / "walk" / "far.mp4").symlink_to(linked / "1.mp4")
    rows = [f"{name}/{number}.mp4 {name}" for name in ("run", "walk") for number in range(4)]
    (root / "list.txt").write_text("\n".join([*rows, "walk/far.mp4 walk"]) + "\n")
    with pytest.raises(UserError, match=r"'walk/far\.mp4' leads out of"):
        folder.index(root, annotations="list.txt")
    assert len(ids(folder.index(root, annotations="list.txt", links="follow"))) == 9


def test_a_root_behind_a_link(root: Path) -> None:
    (root.parent / "alias").symlink_to(root)
    assert len(ids(folder.index(root.parent / "alias"))) == 8


def test_other_words_for_links(root: Path) -> None:
    with pytest.raises(UsageError, match=r"data\.links is 'yes'; expected inside or follow"):
        folder.index(root, links="yes")  # type: ignore[arg-type]


def test_names_of_classes_that_are_not_utf8_are_shown_and_can_be_stored(tmp_path: Path) -> None:
    for name in (b"caf\xe9", b"tea"):
        place = tmp_path / os.fsdecode(name)
        place.mkdir()
        for n in range(4):
            (place / f"{n}.mp4").write_bytes(bytes([n]))
    index = open_index("folder", tmp_path, None, {})
    assert index.classes == ("caf\\xe9", "tea")
    "".join([*index.classes, *(video.id for video in index.test)]).encode()


def test_classes_that_would_be_shown_alike_are_refused(tmp_path: Path) -> None:
    for name in ("walk", "walk\u202e"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.mp4").write_bytes(name.encode())
    with pytest.raises(UserError, match="differ in control characters alone: 'walk'"):
        open_index("folder", tmp_path, None, {})


def test_folders_that_cannot_be_looked_into_do_not_hide_the_others(root: Path, monkeypatch) -> None:
    """Of `predict`. Whoever runs the tests as root may read every folder: it is the listing that fails."""
    for name in ("barred", "elsewhere"):
        (root.parent / name).mkdir()
    (root / "run" / "barred").mkdir()
    (root / "run" / "out").symlink_to(root.parent / "elsewhere")
    (root / "walk" / "frames").mkdir()
    (root / "walk" / "frames" / "img_00001.jpg").write_bytes(b"x")
    look = Path.iterdir

    def listing(path: Path):
        if path.name == "barred":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return look(path)

    monkeypatch.setattr(Path, "iterdir", listing)
    found, passed_over = videos_below(root)
    there = [path.relative_to(root).as_posix() for path in found]
    assert there == [*(f"run/{n}.mp4" for n in range(4)), *(f"walk/{n}.mp4" for n in range(4)), "walk/frames"]
    assert passed_over == [
        f"{root}/run/barred: Permission denied",
        f"folder: 'run/out' leads out of '{root}', to '{root.parent}/elsewhere'; name it to read it",
    ]
