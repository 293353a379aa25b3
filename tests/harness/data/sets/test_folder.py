from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbones.base.errors import UsageError, UserError
from harness.data.holdout import holdout_groups
from harness.data.index import Video
from harness.data.registry import open_index
from harness.data.sets import folder


def touch(root: Path, names: Sequence[str]) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


def ids(videos: Sequence[Video]) -> list[str]:
    return [video.id for video in videos]


NAMES = [f"{label}/v{n}.mp4" for label in ("run", "walk") for n in range(8)]
ROWS = "".join(f"{name},{name.split('/')[0]}\n" for name in NAMES)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return touch(tmp_path, NAMES)


def write(root: Path, text: str, name: str = "list.csv") -> Path:
    (root / name).write_text(text, encoding="utf-8")
    return root / name


def test_class_folders(root: Path) -> None:
    touch(root, ["run/notes.txt", "run/._v1.mp4", "walk/deep/v9.AVI", ".cache/x.json"])
    index = open_index("folder", root, None, {})
    assert index.classes == ("run", "walk")
    assert sorted(ids(index.train) + ids(index.test)) == sorted([*NAMES, "walk/deep/v9.AVI"])
    assert Counter(video.label for video in index.test) == {0: 2, 1: 2}
    assert all(video.path == root / video.id for video in (*index.train, *index.test))
    assert index == open_index("folder", root, "auto", {})


def test_split_folders(tmp_path: Path) -> None:
    names = [
        f"{part}/{c}/{n}.avi"
        for part, count in (("train", 3), ("validation", 2))
        for c in "ab"
        for n in range(count)
    ]
    touch(tmp_path, names)
    index = folder.index(tmp_path)
    assert ids(index.train) == [f"train/{c}/{n}.avi" for c in "ab" for n in range(3)]
    assert ids(index.test) == [f"validation/{c}/{n}.avi" for c in "ab" for n in range(2)]
    touch(tmp_path, ["test/a/7.avi", "test/b/7.avi"])
    index = folder.index(tmp_path)
    assert ids(index.test) == ["test/a/7.avi", "test/b/7.avi"]
    assert index.warnings == (
        "folder: 4 videos are in neither 'train' nor 'test': "
        "validation/a/0.avi, validation/a/1.avi, validation/b/0.avi and 1 more",
    )
    assert ids(folder.index(tmp_path, "val").test) == [n for n in names if n.startswith("val")]


@pytest.mark.parametrize("separator", [",", " ", "\t", ";"])
@pytest.mark.parametrize("header", ["", "video{0}class\n"])
def test_lists_in_their_dialects(root: Path, separator: str, header: str) -> None:
    path = write(root, "\ufeff# a comment\n" + header.format(separator) + ROWS.replace(",", separator))
    index = folder.index(root, annotations=path)
    assert index.classes == ("run", "walk")
    assert len(index.train) + len(index.test) == 16
    assert index.expected == {"train": 12, "test": 4}
    assert all(index.classes[v.label] == v.id.split("/")[0] for v in (*index.train, *index.test))


def test_columns_by_name_in_any_order(root: Path) -> None:
    rows = [f"walk,{'test' if n > 5 else 'train'},walk/v{n}.mp4,s{n}" for n in range(8)]
    rows += [f"run,{'test' if n > 5 else 'train'},run/v{n}.mp4,s{n}" for n in range(8)]
    index = folder.index(root, annotations=write(root, "Label,Subset,Path,Subject\n" + "\n".join(rows)))
    assert ids(index.test) == ["walk/v6.mp4", "walk/v7.mp4", "run/v6.mp4", "run/v7.mp4"]
    assert {video.group for video in index.test} == {"s6", "s7"}


def test_third_column_is_split_or_group(root: Path) -> None:
    splits = "".join(f"{n},{n.split('/')[0]},{'test' if '7' in n else 'train'}\n" for n in NAMES)
    assert ids(folder.index(root, annotations=write(root, splits)).test) == ["run/v7.mp4", "walk/v7.mp4"]
    groups = "".join(f"{n},{n.split('/')[0]},{n[-5]}\n" for n in NAMES)
    index = folder.index(root, annotations=write(root, groups))
    assert {v.group for v in index.train} & {v.group for v in index.test} == set()
    assert len(index.test) == 4


def test_train_and_test_lists(root: Path) -> None:
    write(root, "".join(f"{n} {n.split('/')[0]}\n" for n in NAMES if "7" not in n), "train.txt")
    write(root, "run/v7.mp4\nwalk/v7.mp4\n", "test.txt")  # as UCF101's test lists: the folder is the label
    index = folder.index(root, train_list="train.txt", test_list="test.txt")
    assert ids(index.test) == ["run/v7.mp4", "walk/v7.mp4"]
    assert [video.label for video in index.test] == [0, 1]
    with pytest.raises(UsageError, match="go together"):
        folder.index(root, train_list="train.txt")


def test_paths_with_spaces(tmp_path: Path) -> None:
    names = [f"my run/v {n}.mp4" for n in range(4)] + [f"walk/v{n}.mp4" for n in range(4)]
    touch(tmp_path, names)
    spaced = write(tmp_path, "".join(f"{n} {i // 4}\n" for i, n in enumerate(names)))
    index = folder.index(tmp_path, annotations=spaced)
    assert sorted(ids(index.train) + ids(index.test)) == sorted(names)
    assert index.classes == ("0", "1")


def test_numbers_as_labels(root: Path) -> None:
    numbered = "".join(f"{n},{10 if 'walk' in n else 2}\n" for n in NAMES)
    assert folder.index(root, annotations=write(root, numbered)).classes == ("2", "10")
    names = write(root, "\n".join(f"c{n}" for n in range(11)), "names.txt")
    index = folder.index(root, annotations=write(root, numbered), labels=names)
    assert len(index.classes) == 11
    assert {index.classes[v.label] for v in index.test} == {"c2", "c10"}
    one_based = write(root, "\n".join(f"{n} c{n}" for n in (2, 1)), "names.txt")
    assert folder.index(
        root, annotations=write(root, ROWS.replace("run\n", "0\n").replace("walk\n", "1\n")), labels=one_based
    ).classes == ("c1", "c2")


def test_labels_file_orders_the_classes(root: Path) -> None:
    index = folder.index(root, labels=write(root, "walk\nrun\njump\n", "names.txt"))
    assert index.classes == ("walk", "run", "jump")
    assert {v.label for v in index.train if v.id.startswith("run")} == {1}


PROBLEMS: dict[str, tuple[str, str]] = {
    "single": (ROWS + "jump/v.mp4,jump\n", "1 class has a single video: jump"),
    "unseen": (
        "".join(f"{n},{n[:3]},{'train' if 'run' in n else 'test'}\n" for n in NAMES),
        "1 class is tested but has no training video: wal",
    ),
    "repeated": (ROWS + "run/v3.mp4,run\n", "1 file is listed more than once: run/v3.mp4"),
    "both": (
        "".join(
            f"{n},{n[:3]},{part}\n"
            for n in NAMES
            for part in ("train", "test")
            if part == "train" or "5" in n
        ),
        "2 files are in both splits: run/v5.mp4, walk/v5.mp4",
    ),
    "group": (
        "path,label,group,split\n"
        + "".join(f"{n},{n[:3]},g{int(n[-5]) % 3},{'train' if n[-5] < '6' else 'test'}\n" for n in NAMES),
        "2 groups are in both splits: g0, g1",
    ),
}


@pytest.mark.parametrize("case", PROBLEMS)
def test_problems_are_errors_or_warnings(root: Path, case: str) -> None:
    text, line = PROBLEMS[case]
    touch(root, ["jump/v.mp4"])
    path = write(root, text)
    with pytest.raises(UserError, match=f"folder: {line}") as caught:
        folder.index(root, annotations=path)
    assert "\n" not in str(caught.value)
    assert "--set data.checks=warn goes on" in str(caught.value)
    index = folder.index(root, annotations=path, checks="warn")
    assert any(line in warning for warning in index.warnings)
    trained, tested = ids(index.train), ids(index.test)
    assert not set(trained) & set(tested)
    assert len(trained) + len(tested) == len(set(trained + tested)) == (17 if case == "single" else 16)


def test_the_first_of_repeated_rows_counts(root: Path) -> None:
    index = folder.index(root, annotations=write(root, ROWS + "run/v3.mp4,walk\n"), checks="warn")
    assert [v.label for v in (*index.train, *index.test) if v.id == "run/v3.mp4"] == [0]


def test_numbers_below_0_are_no_classes_and_gaps_are_said(root: Path) -> None:
    rows = [f"{name},{number % 2}\n" for number, name in enumerate(NAMES)]
    path = write(root, "".join([*rows[:-2], f"{NAMES[-2]},-1\n", f"{NAMES[-1]},-1\n"]))
    with pytest.raises(UserError, match=r"2 videos have labels below 0: .*-1.*numbers count from 0"):
        folder.index(root, annotations=path)
    index = folder.index(root, annotations=path, checks="warn")
    assert (index.classes, len(index.train) + len(index.test)) == (("0", "1"), len(NAMES) - 2)
    far = write(root, "".join(rows).replace(",1\n", ",4\n"))
    warned = folder.index(root, annotations=far).warnings
    assert any("labels reach 4 and leave out 3 numbers: 1, 2, 3" in line for line in warned)


def test_one_row_without_a_label_is_named(root: Path) -> None:
    path = write(root, "".join(f"{n},{n[:3]}\n" for n in NAMES) + "run/v3.mp4\n")
    with pytest.raises(UserError, match=f"line {len(NAMES) + 1}"):
        folder.index(root, annotations=path)


def test_two_labels_of_one_file_are_said(root: Path) -> None:
    path = write(root, ROWS + "run/v3.mp4,walk\n")
    with pytest.raises(UserError, match="1 file is listed more than once, 1 of them with different labels"):
        folder.index(root, annotations=path)


def test_a_class_folder_in_place_of_its_parent_is_said(root: Path) -> None:
    touch(root, ["jump/v.mp4"])
    with pytest.raises(UserError, match="they lie directly in it, give its parent folder"):
        folder.index(root / "jump")
    with pytest.raises(UsageError, match="is a file"):
        folder.index(root / "jump" / "v.mp4")


@pytest.mark.parametrize("inner", ["mine/{}/run/{}.mp4", "run/{}/{}.mp4"])
def test_splits_one_folder_deeper_are_not_mixed(inner: str, tmp_path: Path) -> None:
    """The parent of a whole data set, and classes that hold their own splits."""
    touch(tmp_path, [inner.format(part, n) for part in ("train", "test") for n in range(3)])
    with pytest.raises(UserError, match=r"is no class: it holds test, train; give it as --data-root, or a"):
        folder.index(tmp_path)


def test_labels_beyond_the_classes(root: Path) -> None:
    names = write(root, "run\nwalk\n", "names.txt")
    path = write(root, "".join(f"{n},{i % 3}\n" for i, n in enumerate(NAMES)))
    with pytest.raises(
        UserError, match="5 videos have labels beyond the 2 known classes: label 2; numbers count from 0"
    ):
        folder.index(root, annotations=path, labels=names)
    index = folder.index(root, annotations=path, labels=names, checks="warn")
    assert len(index.train) + len(index.test) == 11


def test_missing_files(root: Path) -> None:
    for name in ("run/v0.mp4", "walk/v1.mp4"):
        (root / name).unlink()
    whole = (
        touch(root.parent / "whole", NAMES) if not (root.parent / "whole").exists() else root.parent / "whole"
    )
    path = write(root, ROWS)
    with pytest.raises(UserError, match=r"2 videos are missing: run/v0\.mp4, walk/v1\.mp4; looked under"):
        folder.index(root, annotations=path)
    index = folder.index(root, annotations=path, missing="warn")
    assert sorted(index.missing) == ["run/v0.mp4", "walk/v1.mp4"]
    assert index.expected == {"train": 12, "test": 4}
    assert len(index.train) + len(index.test) == 14
    complete = folder.index(whole, annotations=path)
    assert set(ids(index.test)) <= set(ids(complete.test))
    assert set(ids(index.train)) <= set(ids(complete.train))


ERRORS: dict[str, tuple[str, dict[str, Any], str]] = {
    "empty": ("", {}, "the list is empty"),
    "header only": ("path,label\n", {}, "the list is empty"),
    "no label": ("path,label\nrun/v1.mp4,\n", {}, "line 2 has no path or no label"),
    "unknown split": ("path,label,split\nrun/v1.mp4,run,tset\n", {}, "unknown split 'tset'"),
    "outside": ("../../x.mp4,run\nrun/v1.mp4,run\n", {}, "lies outside"),
    "one part": ("run/v1.mp4,run,train\nrun/v2.mp4,run,train\n", {}, "2 videos to train and 0 to test"),
    "no such part": (ROWS, {"split": "val"}, "0 videos to train and 0 to test on"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_lists_that_cannot_be_used(root: Path, case: str) -> None:
    text, settings, line = ERRORS[case]
    with pytest.raises(UserError, match=line) as caught:
        folder.index(root, annotations=write(root, text), **settings)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_lists(root: Path) -> None:
    (root / "list.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="not a text file"):
        folder.index(root, annotations="list.csv")
    with pytest.raises(UserError, match=r"nowhere\.csv: cannot be read"):
        folder.index(root, annotations="nowhere.csv")


def test_wrong_settings(root: Path) -> None:
    with pytest.raises(UsageError, match="no split 'tes'; did you mean 'test'"):
        folder.index(root, "tes")
    with pytest.raises(UsageError, match=r"holdout is 1\.5"):
        folder.index(root, holdout=1.5)
    with pytest.raises(UsageError, match="'ignore'; expected error or warn"):
        folder.index(root, missing="ignore")  # type: ignore[arg-type]


def test_unknown_settings_are_named(root: Path) -> None:
    with pytest.raises(
        UsageError,
        match=r"folder has no setting 'holdot'; did you mean 'holdout'\? its settings are annotations, ",
    ):
        open_index("folder", root, None, {"holdot": 0.5})
    with pytest.raises(UsageError, match=r"ut-interaction has no setting 'fold'; it has none"):
        open_index("ut-interaction", root, None, {"fold": 1})


def test_folders_without_videos(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no videos in"):
        folder.index(tmp_path)
    with pytest.raises(UserError, match="must be an existing folder"):
        folder.index(tmp_path / "nowhere")


def test_fingerprint(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = touch(tmp_path_factory.mktemp("other"), NAMES)
    assert folder.index(root).fingerprint == folder.index(other).fingerprint
    assert folder.index(root).fingerprint != folder.index(root, holdout=0.5).fingerprint
    (other / NAMES[0]).write_bytes(b"longer than before")
    assert folder.index(root).fingerprint != folder.index(other).fingerprint


members = st.lists(
    st.tuples(st.sampled_from([f"g{n}" for n in range(12)]), st.sampled_from("abc")), min_size=2, max_size=60
)


@given(members=members, share=st.floats(0.05, 0.95), data=st.data())
def test_holdout_depends_on_names_alone(
    members: list[tuple[str, str]], share: float, data: st.DataObject
) -> None:
    taken = holdout_groups(members, share)
    groups = {group for group, _ in members}
    assert taken <= groups
    assert holdout_groups(data.draw(st.permutations(members)), share) == taken
    if len(groups) > 1:
        assert taken
        assert taken < groups


@given(sizes=st.lists(st.integers(2, 40), min_size=1, max_size=6), share=st.sampled_from([0.1, 0.25, 0.5]))
def test_holdout_is_stratified_where_groups_are_single_videos(sizes: list[int], share: float) -> None:
    videos = [(f"{label}/{n}", str(label)) for label, size in enumerate(sizes) for n in range(size)]
    taken = Counter(group.split("/")[0] for group in holdout_groups(videos, share))
    for label, size in enumerate(sizes):
        assert taken[str(label)] == min(max(round(share * size), 1), size - 1)


def test_folders_of_frames_are_videos(tmp_path: Path) -> None:
    touch(tmp_path, [f"{c}/{n}/img_{f:05d}.jpg" for c in ("run", "walk") for n in range(4) for f in (1, 2)])
    touch(tmp_path, ["walk/9.mp4", "run/notes/readme.txt"])
    index = folder.index(tmp_path)
    found = sorted(ids(index.train) + ids(index.test))
    assert found == sorted([*(f"{c}/{n}" for c in ("run", "walk") for n in range(4)), "walk/9.mp4"])
    listed = folder.index(tmp_path, annotations=write(tmp_path, "".join(f"{n},{n[:3]}\n" for n in found)))
    assert sorted(ids(listed.train) + ids(listed.test)) == found
    before = index.fingerprint
    touch(tmp_path, ["run/0/img_00003.jpg"])
    assert folder.index(tmp_path).fingerprint != before


def test_frames_in_a_class_folder(tmp_path: Path) -> None:
    touch(tmp_path, ["run/img_00001.jpg", "walk/1/img_00001.jpg"])
    with pytest.raises(UserError, match="frames lie in the class folder"):
        folder.index(tmp_path)


def test_groups_are_in_the_fingerprint(tmp_path: Path) -> None:
    """What is held out to fit fusion rules on depends on them."""
    names = [f"{label}{number}.mp4" for label in "ab" for number in range(4)]
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    found = set()
    for size in (1, 2):
        rows = [f"{name},{name[0]},{name[0]}g{int(name[1]) // size},{part}\n" for name, part in
                zip(names, ["train", "train", "test", "test"] * 2, strict=True)]  # fmt: skip
        (tmp_path / "list.csv").write_text("path,label,group,split\n" + "".join(rows))
        found.add(folder.index(tmp_path, annotations=tmp_path / "list.csv", checks="warn").fingerprint)
    assert len(found) == 2
