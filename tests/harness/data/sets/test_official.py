from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from support.official_layouts import (
    HMDB,
    LAYOUTS,
    UCF,
    UCF_CLASSES,
    hmdb_names,
    place,
    write_hmdb_lists,
    write_ucf_lists,
)
from support.places import SHARED, needs_official_lists

from backbones.base.errors import UsageError, UserError
from harness.data.index import VideoIndex
from harness.data.registry import open_index
from harness.data.sets import hmdb51, official, ucf101

UCF_NAMES = [*UCF["train"], *UCF["test"]]


def ucf(root: Path, split: str = "1", **settings: object) -> VideoIndex:
    return open_index("ucf101", root, split, {"checks": "warn", **settings})


@pytest.fixture
def ucf_root(tmp_path: Path) -> Path:
    write_ucf_lists(tmp_path / "ucf" / "ucfTrainTestlist")
    return tmp_path / "ucf"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_ucf101_in_every_layout(ucf_root: Path, layout: str) -> None:
    index = ucf(place(ucf_root, layout, UCF_NAMES))
    assert index.classes == UCF_CLASSES
    assert [video.id for video in index.train] == [f"{name}.avi" for name in UCF["train"]]
    assert [video.id for video in index.test] == [f"{name}.avi" for name in UCF["test"]]
    assert [video.label for video in index.test] == [0, 0, 1, 1, 2, 2]
    assert {video.group for video in index.test} == {"Archery_g01", "HandStandPushups_g01", "YoYo_g01"}
    assert (index.expected, index.missing, index.flip) == ({"train": 12, "test": 6}, (), True)
    for video in index.train:
        name = LAYOUTS[layout].format(folder=video.id.split("/")[0], stem=video.id.split("/")[1][:-4])
        wanted = ucf_root / name
        assert video.path == (wanted.parent if "frames" in layout else wanted)


def test_names_do_not_depend_on_the_layout(ucf_root: Path, tmp_path: Path) -> None:
    here = ucf(place(ucf_root, "flat", UCF_NAMES))
    there = place(tmp_path / "other", "mmaction2 videos", UCF_NAMES)
    assert ucf(there, annotations=ucf_root / "ucfTrainTestlist").fingerprint == here.fingerprint


def test_another_spelling_of_handstand(ucf_root: Path) -> None:
    place(ucf_root, "flat", [name.replace("v_HandS", "v_Hands") for name in UCF_NAMES])
    assert ucf(ucf_root).missing == ()


def test_missing_videos(ucf_root: Path) -> None:
    place(ucf_root, "class folders", UCF_NAMES[1:])
    with pytest.raises(UserError, match=r"^ucf101: 1 of 18 listed videos are missing: .*_g08_c01\.avi; "):
        ucf(ucf_root)
    index = ucf(ucf_root, missing="warn")
    assert index.missing == (f"{UCF_NAMES[0]}.avi",)
    assert (len(index.train), index.expected["train"]) == (11, 12)


def test_no_video_at_all(ucf_root: Path) -> None:
    with pytest.raises(UserError, match="none of the 18 listed videos is under"):
        ucf(ucf_root, missing="warn")


def test_files_and_frames_side_by_side(ucf_root: Path) -> None:
    place(ucf_root, "mmaction2 videos", UCF_NAMES)
    place(ucf_root, "rawframes", UCF_NAMES)
    assert all(video.path.is_file() for video in ucf(ucf_root).train)
    assert all(video.path.is_dir() for video in ucf(ucf_root, media="frames").train)


def test_two_copies_are_said(ucf_root: Path) -> None:
    place(ucf_root, "mmaction2 videos", UCF_NAMES)
    place(ucf_root, "class folders", UCF_NAMES[:2])
    index = ucf(ucf_root)
    assert len(index.train) == 12
    (warning,) = [line for line in index.warnings if "more than once" in line]
    assert warning.startswith("ucf101: 2 videos are there more than once: 'Archery/")


def test_links_are_followed_but_not_in_circles(ucf_root: Path, tmp_path: Path) -> None:
    elsewhere = place(tmp_path / "disk", "flat", UCF_NAMES)
    (ucf_root / "videos").symlink_to(elsewhere)
    (elsewhere / "loop").symlink_to(ucf_root)
    assert len(ucf(ucf_root).train) == 12


def test_lists_of_another_length(ucf_root: Path) -> None:
    place(ucf_root, "flat", UCF_NAMES)
    with pytest.raises(UserError, match="3 classes instead of 101"):
        ucf101.index(ucf_root)
    warnings = ucf(ucf_root).warnings
    assert "train has 12 videos, officially 9537, test has 6 videos, officially 3783" in warnings[1]


def test_lists_that_do_not_belong_together(ucf_root: Path) -> None:
    path = ucf_root / "ucfTrainTestlist" / "trainlist01.txt"
    path.write_text("YoYo/v_YoYo_g08_c01.avi 2\n")
    with pytest.raises(UserError, match=r"gives class 2, but classInd\.txt says 3"):
        ucf(ucf_root)
    path.write_text("Jumping/v_Jumping_g08_c01.avi 2\n")
    with pytest.raises(UserError, match="is not <class>/"):
        ucf(ucf_root)


def test_wrong_choices(ucf_root: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="ucf101 has no split '4'"):
        ucf(ucf_root, "4")
    with pytest.raises(UsageError, match="media is 'jpg'"):
        ucf(ucf_root, media="jpg")
    with pytest.raises(UsageError, match=r"data\.missing is 'no'"):
        ucf(ucf_root, missing="no")
    (tmp_path / "empty" / "deep").mkdir(parents=True)
    with pytest.raises(UserError, match=r"no official list \(classInd\.txt\).*data\.annotations=DIR"):
        ucf(tmp_path / "empty" / "deep")
    with pytest.raises(UsageError, match="--data-root"):
        open_index("ucf101", None, None, {})


def hmdb(root: Path, **settings: object) -> VideoIndex:
    return open_index("hmdb51", root, "2", {"checks": "warn", **settings})


@pytest.mark.parametrize("layout", ["class folders", "flat", "rawframes"])
def test_hmdb51(tmp_path: Path, layout: str) -> None:
    write_hmdb_lists(tmp_path / "annotations")
    names = hmdb_names()
    index = hmdb(place(tmp_path, layout, names))
    # The empty list of a third class: names are sorted, "climb" before "climb_stairs".
    assert index.classes == ("brush_hair", "climb", "climb_stairs")
    assert [video.id for video in index.train] == [f"{name}.avi" for name, flag in names.items() if flag == 1]
    assert [video.id for video in index.test] == [f"{name}.avi" for name, flag in names.items() if flag == 2]
    sources = [f"{name}/{source}" for name, clips in HMDB.items() for source, flag in clips if flag == 1]
    assert [video.group for video in index.train] == sources
    assert Counter(video.label for video in index.test) == {1: 1, 2: 2}


def test_hmdb51_flags(tmp_path: Path) -> None:
    folder = write_hmdb_lists(tmp_path / "annotations")
    (folder / "climb_test_split2.txt").write_text("a_climb_f_cm_np1_ba_med_0.avi 3\n")
    with pytest.raises(UserError, match=r"does not end in 0 \(unused\), 1 \(train\) or 2 \(test\)"):
        hmdb(tmp_path)


@pytest.fixture(scope="session")
def every_ucf_name(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Empty files under all 13,320 names, in one folder."""
    root = tmp_path_factory.mktemp("every-ucf")
    for part in ("train", "test"):
        for line in (SHARED / f"annotations/ucf101/{part}list01.txt").read_text().split():
            if "/" in line:
                (root / line.split("/")[1]).touch()
    return root


@needs_official_lists
@pytest.mark.parametrize("split", ucf101.SPLITS)
def test_the_official_lists_of_ucf101(every_ucf_name: Path, split: str) -> None:
    index = open_index("ucf101", every_ucf_name, split, {"annotations": SHARED / "annotations/ucf101"})
    assert (len(index.train), len(index.test)) == {
        "1": (9537, 3783),
        "2": (9586, 3734),
        "3": (9624, 3696),
    }[split]
    assert not index.warnings
    assert [index.classes[at] for at in (0, 22, 37, 100)] == [
        *("ApplyEyeMakeup", "CricketBowling", "HandstandWalking", "YoYo")
    ]
    groups = [{video.group for video in part} for part in (index.train, index.test)]
    assert len(groups[0]) == 101 * 18
    assert len(groups[1]) == 101 * 7
    assert not groups[0] & groups[1]
    assert len({video.id for video in (*index.train, *index.test)}) == 13320


@needs_official_lists
@pytest.mark.parametrize("split", hmdb51.SPLITS)
def test_the_official_lists_of_hmdb51(tmp_path: Path, split: str) -> None:
    lists = SHARED / "annotations/hmdb51"
    for path in lists.glob(f"*_split{split}.txt"):
        for line in official.lines(path):
            (tmp_path / line[:-2]).touch()
    index = open_index("hmdb51", tmp_path, split, {"annotations": lists})
    per_class = [Counter(video.label for video in part) for part in (index.train, index.test)]
    assert per_class == [dict.fromkeys(range(51), 70), dict.fromkeys(range(51), 30)]
    assert not index.warnings
    assert [index.classes[at] for at in (0, 5, 6, 50)] == ["brush_hair", "climb", "climb_stairs", "wave"]
    train, test = ({video.group for video in part} for part in (index.train, index.test))
    assert not train & test
