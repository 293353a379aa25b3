"""Stored outputs that were damaged or changed are found: by their checksum, or by the record's accuracies."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from support.places import ROOT

from backbones.base.errors import UserError
from harness.cli.fuse import _scored
from harness.evaluation.per_video import per_video
from harness.record import outputs
from harness.record.folder import RunFolder
from harness.record.outputs import Stored
from harness.record.schema import Record
from harness.record.stored.checksums import check_unchanged, checksums
from harness.record.stored.reading import held_outputs, scored_outputs
from results.outputs.videos import scored_videos

MADE = ROOT / "tests" / "fixtures" / "schema1" / "run" / "6848278f33b7"


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A finished run of schema 1, whose record has no checksums."""
    shutil.copytree(MADE, tmp_path / MADE.name)
    return RunFolder(tmp_path / MADE.name)


def sealed(run: RunFolder) -> Record:
    """Its record as a run of today writes it."""
    return run.record().model_copy(update={"files": checksums(run)})


def all_refuse(run: RunFolder, record: Record, said: str) -> None:
    for read in (scored_outputs, scored_videos):
        with pytest.raises(UserError, match=said) as caught:
            read(run, record)
        assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match=said):
        _scored(run, record, {"average": {}})


def scores(stored: Stored, change: Callable[[torch.Tensor], torch.Tensor]) -> None:
    stored.tensors["global.scores"] = change(stored.tensors["global.scores"])


ATTACKS: dict[str, tuple[Callable[[torch.Tensor], torch.Tensor], str]] = {
    "videos in another order": (lambda rows: rows.flip(0), "of class .* in the record"),
    "classes in another order": (lambda rows: rows.flip(1), "of class .* in the record"),
    "below 0": (lambda rows: -rows, "no probabilities"),
    "above 1": (lambda rows: rows * 1e30, "no probabilities"),
    "NaN": (lambda rows: rows.clone().fill_(float("nan")), "not finite"),
    "one is infinite": (lambda rows: rows.index_fill(0, torch.tensor([1]), float("inf")), "not finite"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_changed_scores_are_found_without_a_checksum(attack: str, run: RunFolder) -> None:
    change, said = ATTACKS[attack]
    stored = outputs.read(run.outputs)
    scores(stored, change)
    outputs.save(run.outputs, stored)
    all_refuse(run, run.record(), said)
    with pytest.raises(UserError, match=said):
        per_video(run)


@pytest.mark.parametrize("name", ["local.embedding", "global.logits"])
def test_features_that_are_no_numbers_are_named(name: str, run: RunFolder) -> None:
    """Rules that learn would say that their input contains NaN, and not where."""
    shutil.copy(run.outputs, run.holdout_outputs)
    for path, read in ((run.outputs, scored_outputs), (run.holdout_outputs, held_outputs)):
        stored = outputs.read(path)
        stored.tensors[name][0] = float("nan")
        outputs.save(path, stored)
        with pytest.raises(UserError, match=rf"{path.name}: {name} has values that are not finite"):
            read(run, run.record())


def test_what_was_not_changed_is_read(run: RunFolder) -> None:
    for record in (run.record(), sealed(run)):
        stored, videos = scored_outputs(run, record), scored_videos(run, record)
        assert stored.ids == videos.every
        found = _scored(run, record, {"average": {}}).local.top1
        assert found.correct == record.metrics.local.top1.correct


@pytest.mark.parametrize("place", [0.5, 0.9, 0.999])
def test_one_flipped_bit_is_found_by_the_checksum(place: float, run: RunFolder) -> None:
    """Most bytes are those of maps, which no accuracy of the streams depends on."""
    record, data = sealed(run), bytearray(run.outputs.read_bytes())
    data[int(place * len(data))] ^= 1
    run.outputs.write_bytes(data)
    all_refuse(run, record, "is not the file that run 6848278f33b7 wrote")


def test_another_label_of_a_video(run: RunFolder) -> None:
    record, tree = sealed(run), json.loads(run.videos.read_text())
    tree["test"][0]["label"] += 1
    run.videos.write_text(json.dumps(tree))
    for known, said in ((record, "is not the file that run"), (run.record(), "other labels than")):
        with pytest.raises(UserError, match=said):
            _scored(run, known, {"average": {}})


def test_a_file_that_is_gone_or_a_folder(run: RunFolder) -> None:
    record = sealed(run)
    assert check_unchanged(run.trained, record)
    assert not check_unchanged(run.trained, run.record())
    run.videos.unlink()
    with pytest.raises(UserError, match=r"videos\.json cannot be read"):
        _scored(run, record, {"average": {}})
    run.trained.unlink()
    run.trained.mkdir()
    with pytest.raises(UserError, match="not a regular file"):
        check_unchanged(run.trained, record)


def test_held_out_videos_that_are_gone_are_not_taken_for_none(run: RunFolder) -> None:
    """A rule that could be fitted would look like one that could not; rules that learn nothing go on."""
    record = run.record().model_copy(update={"files": {run.holdout_outputs.name: "0" * 64}})
    run.holdout_outputs.unlink(missing_ok=True)
    with pytest.raises(
        UserError, match=r"holdout.* is gone: no rule can be fitted without it; 'harness run .* --restart'"
    ):
        held_outputs(run, record)
    with pytest.raises(UserError, match="is gone"):
        _scored(run, record, {"average": {}, "svm": {}})
    assert "average" in _scored(run, record, {"average": {}}).fusion
    run.stored.write_text(json.dumps({"store": "s3://bucket", "files": [run.holdout_outputs.name]}))
    with pytest.raises(UserError, match="'harness runs fetch 6848278f33b7 --store s3://bucket"):
        held_outputs(run, record)
    assert held_outputs(run, run.record()) is None  # kept none
