"""Where a list's paths count from, and lists to train and to test on that are read as one."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.lists import make
from support.official_layouts import UCF, place, write_ucf_lists

from backbones.base.errors import UserError
from harness.data.index import VideoIndex
from harness.data.sets import folder

CLASSES = ("run", "walk")


def lists(root: Path, train: str = "train.txt", test: str = "val.txt") -> VideoIndex:
    """The same names in both lists: v0 to v3 of two classes."""
    for name in (train, test):
        rows = [f"{c}/v{n}.mp4 {k}" for k, c in enumerate(CLASSES) for n in range(4)]
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("\n".join(rows))
    return folder.index(root, train_list=train, test_list=test)


def names(prefix: str) -> list[str]:
    return [f"{prefix}/{c}/v{n}.mp4" for c in CLASSES for n in range(4)]


@pytest.mark.parametrize(
    ("train", "test"),
    [("videos_train", "videos_val"), ("train", "test"), ("a-train", "a-test")],
)
def test_a_folder_for_each_list(tmp_path: Path, train: str, test: str) -> None:
    """As mmaction2 has them: both lists name run/v0.mp4, and mean two files."""
    make(tmp_path, names(train) + names(test))
    index = lists(tmp_path)
    assert [video.id for video in index.train] == names(train)
    assert [video.id for video in index.test] == names(test)
    assert f"paths count from '{tmp_path / train}'" in index.layout[0]


def test_videos_beside_their_list(tmp_path: Path) -> None:
    make(tmp_path, names("a") + names("b"))
    index = lists(tmp_path, train="a/list.txt", test="b/list.txt")
    assert [video.id for video in (*index.train, *index.test)] == names("a") + names("b")


def test_paths_that_begin_with_the_folder_itself(tmp_path: Path) -> None:
    """VideoMAE's and SlowFast's lists: `dataset_root/video.mp4`."""
    root = tmp_path / "k400"
    make(root, names("a"))
    text = "".join(f"k400/{name} {n % 2}\n" for n, name in enumerate(names("a")))
    (tmp_path / "all.csv").write_text(text)
    index = folder.index(root, annotations=tmp_path / "all.csv")
    assert sorted(video.id for video in (*index.train, *index.test)) == names("a")


def test_two_folders_alike_are_refused(tmp_path: Path) -> None:
    make(tmp_path, names("train_a") + names("train_b") + names("val"))
    with pytest.raises(UserError, match=r"its videos are in '.*train_a' and '.*train_b' alike"):
        lists(tmp_path)


def test_outside_the_root_is_refused(tmp_path: Path) -> None:
    make(tmp_path / "other", names("a"))
    (tmp_path / "here").mkdir()
    (tmp_path / "list.txt").write_text("".join(f"other/{p} {n % 2}\n" for n, p in enumerate(names("a"))))
    with pytest.raises(UserError, match="lies outside"):
        folder.index(tmp_path / "here", annotations=tmp_path / "list.txt")


def test_official_lists_of_ucf101_as_two_lists(tmp_path: Path) -> None:
    """The list to train on has numbers from 1, that to test on has none; torchvision reads the same files."""
    place(tmp_path, "class folders", [*UCF["train"], *UCF["test"]])
    official = write_ucf_lists(tmp_path / "official")
    index = folder.index(
        tmp_path,
        train_list=official / "trainlist01.txt",
        test_list=official / "testlist01.txt",
        labels=official / "classInd.txt",
    )
    assert index.classes == ("Archery", "HandstandPushups", "YoYo")
    assert all(index.classes[v.label] == v.id.split("/")[0] for v in (*index.train, *index.test))
    assert (len(index.train), len(index.test)) == (len(UCF["train"]), len(UCF["test"]))


def test_official_lists_of_hmdb51_and_kinetics_are_no_lists_of_videos(tmp_path: Path) -> None:
    """They have data sets of their own: their columns are refused, not guessed."""
    make(tmp_path, names("a"))
    rows = "".join(f"x{n},abseiling,{n},{n + 10},train\n" for n in range(9))
    (tmp_path / "list.csv").write_text("youtube_id,label,time_start,time_end,split\n" + rows)
    with pytest.raises(UserError, match="no column names videos that are there"):
        folder.index(tmp_path, annotations="list.csv")


def test_two_lists_of_different_columns_are_refused(tmp_path: Path) -> None:
    make(tmp_path, names("a"))
    (tmp_path / "train.txt").write_text(
        "".join(f"{p},{n % 2},{7 * n + 9}\n" for n, p in enumerate(names("a")))
    )
    (tmp_path / "test.txt").write_text(
        "".join(f"{p},{7 * n + 9},{n % 2}\n" for n, p in enumerate(names("a")))
    )
    with pytest.raises(UserError, match="the two lists are read differently"):
        folder.index(tmp_path, train_list="train.txt", test_list="test.txt")


def test_control_characters_are_not_in_names(tmp_path: Path) -> None:
    """A label or a name of a stranger cannot colour a terminal or hide what follows it."""
    bad = "\x1b[31mrun\x1b[0m\u202e"
    make(tmp_path, [f"{label}/v\x07{n}.mp4" for label in ("a", "b") for n in range(4)])
    (tmp_path / "list.csv").write_text(
        "".join(f"{c}/v\x07{n}.mp4,{bad if c == 'a' else 'walk'}\n" for c in "ab" for n in range(4))
    )
    index = folder.index(tmp_path, annotations="list.csv")
    assert index.classes == ("run", "walk")
    assert {video.id for video in index.test} <= {f"{c}/v{n}.mp4" for c in "ab" for n in range(4)}
    assert all(video.path.exists() for video in (*index.train, *index.test))
    assert "\x1b" not in "".join(index.layout)
