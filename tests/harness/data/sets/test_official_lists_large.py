"""Kinetics-400 (CSV) and Something-Something V2 (JSON) in their official formats."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.places import SHARED, needs_official_lists

from backbones.base.errors import UsageError, UserError
from harness.data.index import VideoIndex
from harness.data.registry import open_index
from harness.data.sets import kinetics400, ssv2

HEADER = "label,youtube_id,time_start,time_end,split,is_cc\n"
TRAIN = [("air drumming", "-aB_3", 7), ("abseiling", "-ab_3", 12), ("tai chi", "x1", 0), ("tai chi", "x2", 3)]
VAL = [("abseiling", "v1", 100), ("air drumming", "v2", 1)]


def write_csv(path: Path, rows: list[tuple[str, str, int]], split: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f'"{label}",{video},{start},{start + 10},{split},0\n' for label, video, start in rows)
    path.write_text(HEADER + text)


def kinetics(root: Path, **settings: object) -> VideoIndex:
    return open_index("kinetics400", root, None, {"checks": "warn", **settings})


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


@pytest.fixture
def k400(tmp_path: Path) -> Path:
    write_csv(tmp_path / "annotations" / "kinetics_train.csv", TRAIN, "train")
    write_csv(tmp_path / "annotations" / "kinetics_val.csv", VAL, "val")
    return tmp_path


def test_kinetics400(k400: Path) -> None:
    touch(
        k400,
        "videos_train/air_drumming/-aB_3_000007_000017.mp4",
        "videos_train/abseiling/-ab_3_000012_000022.mkv",
        "videos_train/tai_chi/x2.mp4",
        "videos_val/abseiling/v1_000100_000110.mp4",
    )
    index = kinetics(k400)
    assert index.classes == ("abseiling", "air drumming", "tai chi")
    assert [(video.id, video.label) for video in index.train] == [
        ("train/-aB_3_000007_000017", 1),
        ("train/-ab_3_000012_000022", 0),
        ("train/x2_000003_000013", 2),
    ]
    # YouTube's names differ by case, and a name without times is another layout.
    assert [video.path.name for video in index.train] == [
        *("-aB_3_000007_000017.mp4", "-ab_3_000012_000022.mkv", "x2.mp4")
    ]
    assert index.expected == {"train": 4, "test": 2}
    assert index.missing == ("train/x1_000000_000010", "test/v2_000001_000011")
    assert index.flip
    with pytest.raises(UserError, match="2 of 6 listed videos are missing"):
        kinetics(k400, missing="error")


def test_kinetics400_of_other_downloads(tmp_path: Path) -> None:
    write_csv(tmp_path / "train.csv", TRAIN, "train")
    write_csv(tmp_path / "validate.csv", VAL, "val")
    (tmp_path / "names.txt").write_text("tai chi\nabseiling\nair drumming\n")
    touch(tmp_path, "rawframes_train/x/x1_000000_000010/img_00001.jpg")
    index = kinetics(tmp_path, labels="names.txt")
    assert index.train[0].path.is_dir()
    assert (index.train[0].label, len(index.test)) == (0, 0)
    (tmp_path / "names.txt").write_text("tai chi\nabseiling\n")
    with pytest.raises(UserError, match=r"class 'air drumming' .* is not among the labels"):
        kinetics(tmp_path, labels="names.txt")


def test_kinetics400_lists_that_cannot_be_used(k400: Path) -> None:
    touch(k400, "x1.mp4")
    with pytest.raises(UserError, match="3 classes instead of 400"):
        kinetics400.index(k400)
    with pytest.raises(UserError, match=r"kinetics_test\.csv: cannot be read"):
        kinetics400.index(k400, "test")
    path = k400 / "annotations" / "kinetics_val.csv"
    path.write_text("label,youtube_id\n")
    with pytest.raises(UserError, match="no column time_start, time_end"):
        kinetics(k400)
    path.write_text(HEADER + "a,b,1,,val,0\n")
    with pytest.raises(UserError, match="line 2 lacks one of"):
        kinetics(k400)
    path.write_text(HEADER + "tai chi,b,one,two,val,0\n")
    with pytest.raises(UserError, match="times that are no numbers: one to two"):
        kinetics(k400)
    with pytest.raises(UsageError, match="no split 'train'"):
        kinetics400.index(k400, "train")


LABELS = {"Pushing something from left to right": "1", "Holding something": "0"}


def write_ssv2(folder: Path, labels: object = LABELS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    parts = {
        "labels": labels,
        "train": [
            {"id": "7", "label": "pushing cup …", "template": "Pushing [something] from left to right"},
            {
                "id": "77",
                "label": "holding a pen",
                "template": "Holding [something]",
                "placeholders": ["a pen"],
            },
        ],
        "validation": [{"id": "8", "label": "holding it", "template": "Holding [something]"}],
    }
    for name, value in parts.items():
        (folder / f"something-something-v2-{name}.json").write_text(json.dumps(value), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "place", ["20bn-something-something-v2/{}.webm", "{}.mp4", "rawframes/{}/img_00001.jpg"]
)
def test_ssv2(tmp_path: Path, place: str) -> None:
    write_ssv2(tmp_path / "annotations")
    touch(tmp_path, *(place.format(number) for number in (7, 77, 8)))
    index = open_index("ssv2", tmp_path, None, {"checks": "warn"})
    assert index.classes == ("Holding something", "Pushing something from left to right")
    assert [(video.id, video.label) for video in index.train] == [("7.webm", 1), ("77.webm", 0)]
    assert [(video.id, video.label) for video in index.test] == [("8.webm", 0)]
    assert not index.flip
    assert "officially 168913" in index.warnings[1]


def test_ssv2_lists_that_cannot_be_used(tmp_path: Path) -> None:
    touch(tmp_path, "7.webm")
    folder = write_ssv2(tmp_path / "annotations")
    with pytest.raises(UserError, match="2 classes instead of 174"):
        ssv2.index(tmp_path)
    with pytest.raises(UserError, match="2 of 3 listed videos are missing"):
        ssv2.index(tmp_path, checks="warn")
    write_ssv2(folder, {"Holding something": "0"})
    with pytest.raises(UserError, match="clip 7 has the unknown class 'Pushing something from left"):
        ssv2.index(tmp_path, checks="warn")
    write_ssv2(folder, {"Holding something": "0", "b": "2"})
    with pytest.raises(UserError, match="numbers 0 to 1"):
        ssv2.index(tmp_path, checks="warn")
    write_ssv2(folder, [1])
    with pytest.raises(UserError, match="expected a JSON object"):
        ssv2.index(tmp_path, checks="warn")
    (folder / "something-something-v2-labels.json").write_text("{")
    with pytest.raises(UserError, match="not a JSON file"):
        ssv2.index(tmp_path, checks="warn")


@needs_official_lists
def test_the_official_label_orders(tmp_path: Path) -> None:
    """Sorted names are the field's order of Kinetics-400; labels files of SSv2 keep their own."""
    names = (SHARED / "annotations/labels/kinetics400.txt").read_text().splitlines()
    rows = [(name, f"id{number}", 0) for number, name in enumerate(reversed(names))]
    write_csv(tmp_path / "train.csv", rows, "train")
    write_csv(tmp_path / "val.csv", rows[:1], "val")
    index = kinetics400.index(touch(tmp_path, "id3.mp4"))
    assert list(index.classes) == names
    assert index.train[0].label == 396
