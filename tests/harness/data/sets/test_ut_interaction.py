from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from backbones.base.errors import UsageError, UserError
from harness.data.registry import open_index
from harness.data.sets import ut_interaction


def copy_names(root: Path, left_out: tuple[str, ...] = ()) -> Path:
    """The 120 names of the data set: each sequence shows each class once, but 8 punches twice and 6 never."""
    number = 0
    for label in ut_interaction.CLASSES:
        (root / label).mkdir()
        for sequence in range(1, 21):
            shown = {6: 0, 8: 2}.get(sequence, 1) if label == "punching" else 1
            for _ in range(shown):
                name = f"set{1 + (sequence > 10)}_seq{sequence:02d}_{number}.avi"
                if name not in left_out:
                    (root / label / name).write_bytes(b"x" * (number + 1))
                number += 1
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_names(tmp_path)


def test_sets_against_each_other(root: Path) -> None:
    index = open_index("ut-interaction", root, None, {})
    assert (index.split, index.classes[0], index.flip) == ("set1-set2", "hand_shaking", True)
    assert all("set1_" in video.id for video in index.train)
    assert all("set2_" in video.id for video in index.test)
    assert len(index.train) == len(index.test) == 60
    assert index.expected == {"train": 60, "test": 60}
    assert not index.warnings
    back = ut_interaction.index(root, "set2-set1")
    assert {v.id for v in back.train} == {v.id for v in index.test}
    assert back.fingerprint != index.fingerprint


def test_every_fold_leaves_one_sequence_out(root: Path) -> None:
    tested = []
    for split in ut_interaction.SPLITS[2:]:
        index = ut_interaction.index(root, split)
        groups = {video.group for video in index.train}
        assert {video.group for video in index.test} == {split.replace("-", "_")}
        assert len(groups) == 9
        assert {group[:4] for group in groups if group} == {split[:4]}
        assert index.expected == {"train": len(index.train), "test": len(index.test)}
        tested += [video.id for video in index.test]
    assert len(tested) == len(set(tested)) == 120


def test_the_real_clips(ut_root: Path) -> None:
    for split, train, test in (
        ("set1-set2", 60, 60),
        ("set1-seq06", 55, 5),
        ("set1-seq08", 53, 7),
        ("set2-seq20", 54, 6),
    ):
        index = ut_interaction.index(ut_root, split)
        assert (len(index.train), len(index.test)) == (train, test)
        assert index.expected == {"train": train, "test": test}
        assert not index.warnings
        assert {video.label for video in index.train} == set(range(6))


def test_fingerprint_knows_content_but_not_place(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    here = ut_interaction.index(root, "set1-set2").fingerprint
    there = copy_names(tmp_path_factory.mktemp("elsewhere"))
    assert ut_interaction.index(there, "set1-set2").fingerprint == here
    (there / "kicking" / "set1_seq01_40.avi").write_bytes(b"another size")
    assert ut_interaction.index(there, "set1-set2").fingerprint != here


def test_an_incomplete_copy_is_said(tmp_path: Path) -> None:
    index = ut_interaction.index(copy_names(tmp_path, ("set1_seq01_40.avi",)), "set1-set2")
    assert len(index.train) == 59
    assert index.expected["train"] == 60
    assert index.warnings == (
        "ut-interaction: 119 clips instead of 120: kicking has 19 of 20; is the copy complete?",
    )


@pytest.mark.parametrize("split", ["set1", "set1-seq11", "set2-seq10", "set1-seq1", "1"])
def test_unknown_splits(root: Path, split: str) -> None:
    with pytest.raises(UsageError, match=f"no split '{split}'.*set1-seq01 to set1-seq10"):
        ut_interaction.index(root, split)


def test_a_misspelt_split_is_guessed(root: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'set1-seq03'"):
        ut_interaction.index(root, "set1_seq03")


def test_wrong_folders(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no clips in"):
        ut_interaction.index(tmp_path, "set1-set2")
    with pytest.raises(UserError, match="must be an existing folder"):
        ut_interaction.index(tmp_path / "nowhere", "set1-set2")
    with pytest.raises(UserError, match="--data-root DIR"):
        ut_interaction.index(None, "set1-set2")


def test_indices_import_no_torch() -> None:
    modules = "harness.data.sets.folder, harness.data.sets.ut_interaction, harness.data.registry"
    code = f"import sys, {modules}; print(*{{'torch', 'scipy', 'av'}} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b""
