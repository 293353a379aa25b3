"""Files of class names in the forms that people and projects write them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.lists import make, read

from backbones.base.errors import UserError
from harness.data.lists.classes import class_file

# name: (text, names in the order of their numbers, the numbers)
FILES: dict[str, tuple[str, list[str], list[int]]] = {
    "one a line": ("jump\nplaying guitar\nrun\n", ["jump", "playing guitar", "run"], []),
    "header and names": ("name\njump\nrun\n", ["jump", "run"], []),
    "Kinetics: id,name": ("id,name\n0,jump\n1,playing guitar\n", ["jump", "playing guitar"], [0, 1]),
    "ids not in order": ("id,name\n2,run\n0,jump\n1,walk\n", ["jump", "walk", "run"], [0, 1, 2]),
    "name,id": ("name,id\nrun,1\njump,0\n", ["jump", "run"], [0, 1]),
    "UCF101: classInd.txt": ("1 ApplyEyeMakeup\r\n2 Archery\r\n", ["ApplyEyeMakeup", "Archery"], [1, 2]),
    "ids from 0": ("0 jump\n1 playing guitar\n", ["jump", "playing guitar"], [0, 1]),
    "ids with gaps": ("0,jump\n4,run\n", ["jump", "run"], [0, 4]),
    "unknown header": ("nr;what\n0;jump\n1;run\n", ["jump", "run"], [0, 1]),
    "ids after": ("jump 0\nplaying guitar 1\n", ["jump", "playing guitar"], [0, 1]),
    "tabs": ("0\tjump\n1\trun\n", ["jump", "run"], [0, 1]),
    "three columns": ("id,name,parent\n0,jump,sport\n1,run,sport\n", ["jump", "run"], [0, 1]),
    "commas in names": ("jump, high\nrun, fast\n", ["jump, high", "run, fast"], []),
    "quoted": ('"jump"\n"run"\n', ["jump", "run"], []),
    "numbers in names": ("2 people hug\n2 people run\n", ["2 people hug", "2 people run"], []),
    "numbers after names": ("pose 1\npose 2\n", ["pose 1", "pose 2"], []),
    "numbers in most names, and a header": ("name\n1 man\n1 dog\n2 men\n", ["1 man", "1 dog", "2 men"], []),
    "comments and # in a name": ("# my classes\n#1 shot\njump\n", ["#1 shot", "jump"], []),
    "SSv2: JSON of name and number": (json.dumps({"Run": "1", "Jump": "0"}), ["Jump", "Run"], [0, 1]),
    "Kinetics: JSON of quoted names": (json.dumps({'"run"': 1, '"jump"': 0}), ["jump", "run"], [0, 1]),
    "JSON of number and name": (json.dumps({"1": "run", "0": "jump"}), ["jump", "run"], [0, 1]),
    "JSON list": (json.dumps(["jump", "run"]), ["jump", "run"], []),
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
def test_names_and_numbers(tmp_path: Path, case: str) -> None:
    text, names, numbers = FILES[case]
    path = tmp_path / "names.txt"
    path.write_bytes(text.encode())
    found = class_file(path)
    assert (found.names, found.numbers) == (names, numbers)
    assert f"{len(names)} classes by {path}: " in found.says


BROKEN = {
    "twice": ("jump\njump\n", "distinct class names"),
    "a number twice": ("id,name\n0,jump\n0,run\n", "one column of numbers and one of class names"),
    "empty": ("\n", "distinct class names"),
    "a number or a part of the name": ("3 point shot\n2 people run\n", "a class with its number, or a name"),
    "one number twice in text": ("0 walk\n0 run\n1 jump\n2 hop\n", "the number 0 is there twice"),
    "one without a number": ("0 walk\n1 run\njump\n", "'jump' has none"),
    "nothing but quotes": ('"a"\n""\n"c"\n', "distinct class names"),
    "JSON key twice": ('{"walk": 0, "walk": 1}', "'walk' is there twice"),
    "negative": ("-1,jump\n0,run\n", "class numbers are -1 to 0"),
    "a billion": ("0,jump\n1000000000,run\n", "class numbers are 0 to 1000000000"),
    "deep JSON": ("[" * 100_000, "not a JSON file"),
    "other JSON": ('{"a": [1]}', "expected JSON of class names"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_files_that_cannot_be_used(tmp_path: Path, case: str) -> None:
    text, said = BROKEN[case]
    (tmp_path / "names.txt").write_text(text)
    with pytest.raises(UserError, match=said) as caught:
        class_file(tmp_path / "names.txt")
    assert "\n" not in str(caught.value)


NAMES = [f"v{n}.mp4" for n in range(12)]


def labelled(tmp_path: Path, labels: list[int], names: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """The classes of twelve videos with these labels in turn, by a file of class names; the warnings."""
    make(tmp_path, NAMES)
    (tmp_path / "names.txt").write_text(names)
    text = "".join(f"{name},{labels[n % len(labels)]}\n" for n, name in enumerate(NAMES))
    found, index = read(tmp_path, text, labels="names.txt")
    return {name: found[name] for name in NAMES[: len(labels)] if name in found}, index.warnings


def test_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    found, _ = labelled(tmp_path, [1, 2], "id,name\n1,jump\n2,run\n3,walk\n")
    assert list(found.values()) == ["jump", "run"]
    found, _ = labelled(tmp_path, [7, 4], "7 jump\n4 run\n".replace(" ", ","))
    assert list(found.values()) == ["jump", "run"]


def test_labels_from_0_with_classes_from_1_are_said(tmp_path: Path) -> None:
    found, warnings = labelled(tmp_path, [0, 1], "1 jump\n2 run\n3 walk\n")
    assert list(found.values()) == ["jump", "run"]
    assert any("labels count from 0, the class file from 1" in line for line in warnings)


def test_labels_from_1_with_names_alone_are_said(tmp_path: Path) -> None:
    found, warnings = labelled(tmp_path, [1, 2], "jump\nrun\nwalk\n")
    assert list(found.values()) == ["run", "walk"]
    assert any("no video has the label 0, which is class 'jump'" in line for line in warnings)
    found, warnings = labelled(tmp_path, [1, 2, 3], "jump\nrun\nwalk\n")
    assert any("beyond the 3 known classes: label 3" in line for line in warnings)
