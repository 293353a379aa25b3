"""Lists whose columns or labels are not what they seem: refused, or a warning."""

from __future__ import annotations

from pathlib import Path

import pytest

from backbones.base.errors import UserError
from harness.data.sets import folder

NAMES = [f"{label}/v{n}.mp4" for label in ("run", "walk") for n in range(8)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def write(root: Path, text: str, name: str = "list.csv") -> Path:
    (root / name).write_text(text, encoding="utf-8")
    return root / name


@pytest.mark.parametrize("header", ["is_test", "isTest", "test", "val_fold", "in_train", "Partition"])
def test_a_column_that_divides_the_rows_is_not_passed_over(root: Path, header: str) -> None:
    """Else what its author tests on would be trained on, without a word."""
    rows = "".join(f"{name},{name.split('/')[0]},{int(at % 4 == 0)}\n" for at, name in enumerate(NAMES))
    path = write(root, f"path,label,{header}\n{rows}")
    with pytest.raises(UserError, match=f"column '{header}' seems to say which part"):
        folder.index(root, annotations=path)
    left_out = folder.index(root, annotations=path, columns="path,label,-")
    assert len(left_out.train) + len(left_out.test) == len(NAMES)


@pytest.mark.parametrize("header", ["contest", "latest_frame", "note", "trainer"])
def test_words_that_only_sound_like_it_are_passed_over(root: Path, header: str) -> None:
    rows = "".join(f"{name},{name.split('/')[0]},{at % 2}\n" for at, name in enumerate(NAMES))
    assert len(folder.index(root, annotations=write(root, f"path,label,{header}\n{rows}")).classes) == 2


def test_a_header_that_names_a_column_twice_is_no_video(root: Path) -> None:
    rows = "".join(f"{name},{name.split('/')[0]},x\n" for name in NAMES)
    with pytest.raises(UserError, match="the header names 'label' twice"):
        folder.index(root, annotations=write(root, f"path,label,label\n{rows}"))


def test_labels_that_are_no_names(root: Path) -> None:
    rows = "".join(f"{name},{'x' * 200_000}\n" for name in NAMES)
    with pytest.raises(UserError, match=r"'x{40}…' of 200000 letters is no class name") as raised:
        folder.index(root, annotations=write(root, rows))
    assert len(str(raised.value)) < 300


def test_spellings_of_one_word_are_a_warning(root: Path) -> None:
    rows = "".join(f"{name},{'Run' if at % 2 else 'run'}\n" for at, name in enumerate(NAMES))
    (told,) = folder.index(root, annotations=write(root, rows)).warnings
    assert "labels differ by upper and lower case alone" in told


def pair(root: Path, train: dict[str, str], test: dict[str, str]) -> list[str]:
    files = [
        write(root, "".join(f"{path} {label}\n" for path, label in rows.items()), name)
        for name, rows in (("train.txt", train), ("test.txt", test))
    ]
    return list(folder.index(root, train_list=files[0], test_list=files[1], checks="warn").warnings)


def test_placeholders_for_hidden_labels_are_told(root: Path) -> None:
    train = {name: name[0] for name in NAMES[:3] + NAMES[8:11]}
    hidden = dict.fromkeys(NAMES[3:8], "r")
    assert any("all 5 test videos have the label 'r'" in line for line in pair(root, train, hidden))
    assert not any("all" in line for line in pair(root, train, hidden | {NAMES[12]: "w"}))


def test_labels_that_count_from_another_number_are_told(root: Path) -> None:
    train = {name: str(at % 3) for at, name in enumerate(NAMES[:9])}
    test = {name: str(1 + at % 3) for at, name in enumerate(NAMES[9:])}
    assert any(
        "test videos count from 1, those of training videos from 0" in each
        for each in pair(root, train, test)
    )
