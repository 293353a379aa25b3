"""Prediction on a run's own test videos gives what the run stored of them."""

import csv
import json
import os
import re
import shlex
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from click.testing import CliRunner
from support.run_videos import run_videos

from backbones.base.errors import UserError
from harness.cli.main import cli
from harness.data.index import Video
from harness.record import checkpoint, outputs


@pytest.fixture
def clip_files(one_whole_run, clips_root):
    return run_videos(one_whole_run, clips_root)


def call(whole, *arguments):
    shown = CliRunner().invoke(cli, ["predict", str(whole.path), *map(str, arguments), "--device", "cpu"])
    return shown.exit_code, shown.stdout, shown.stderr


def test_a_run_says_of_its_clip_files_what_it_stored(whole, clip_files, tmp_path):
    stored = outputs.read(whole.outputs)
    video = clip_files[0]
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    figure = tmp_path / "seen.png"
    code, out, err = call(
        whole, tmp_path / "broken.mp4", video, tmp_path / "gone.mp4", "--json", "--figure", figure
    )
    broken, said, gone = json.loads(out)
    assert code == 1
    assert broken["error"].startswith(str(tmp_path / "broken.mp4"))
    assert "gone.mp4" in gone["error"]
    assert sum(line.startswith("error: ") for line in err.splitlines()) == 2
    assert figure.read_bytes().startswith(b"\x89PNG")

    local, glob = (stored.tensors[f"{name}.scores"][0] for name in ("local", "global"))
    classes = whole.record().data.classes
    for name, scores in (("local", local), ("global", glob)):
        best = scores.argmax()
        assert said["guesses"][name][0]["class"] == classes[int(best)]
        assert said["guesses"][name][0]["score"] == pytest.approx(float(scores[best]), abs=1e-4)
        # Dominance by hand: softmax of minus the distances to the one-hot labels, its largest.
        distances = torch.stack([(scores - row).norm() for row in torch.eye(len(scores))])
        assert said["dominance"][name] == pytest.approx(float((-distances).softmax(0).max()), abs=1e-4)
        # All classes, best first.
        assert [each["score"] for each in said["guesses"][name]] == pytest.approx(
            sorted(scores.tolist(), reverse=True), abs=1e-4
        )
        assert {each["class"] for each in said["guesses"][name]} == set(classes)
    total = sum(said["dominance"].values())
    assert said["weights"]["local"] == pytest.approx(said["dominance"]["local"] / total, abs=1e-4)


def test_a_folder_is_predicted_into_a_table(whole, clip_files, tmp_path):
    inside = tmp_path / "mine" / "below"
    inside.mkdir(parents=True)
    (inside / "a.mp4").symlink_to(clip_files[0])
    (inside.parent / "=b.mp4").write_bytes(b"no video")
    (inside.parent / "notes.txt").write_text("no video, and named so")
    table = tmp_path / "table.csv"
    code, out, _ = call(whole, tmp_path / "mine", "--table", table, "--json")
    good, broken = sorted(json.loads(out), key=lambda each: each["error"] is not None)
    assert code == 1
    rows = list(csv.DictReader(table.read_text().splitlines()))
    classes = whole.record().data.classes
    assert list(rows[0])[-len(classes) :] == [f"fused.score.{name}" for name in classes]
    by_video = {Path(row["video"]).name: row for row in rows}
    row = by_video["a.mp4"]
    assert [row[name] for name in ("local", "global", "fused")] == [
        good["guesses"][name][0]["class"] for name in ("local", "global", "fused")
    ]
    for each in good["guesses"]["fused"]:
        assert float(row[f"fused.score.{each['class']}"]) == pytest.approx(each["score"], abs=1e-6)
    assert float(row["dominance.local"]) == pytest.approx(good["dominance"]["local"])
    assert float(row["weight.global"]) == pytest.approx(good["weights"]["global"])
    wrong = by_video["=b.mp4"]
    assert (wrong["fused"], wrong["error"]) == ("", broken["error"])
    (tmp_path / "empty").mkdir()
    assert call(whole, tmp_path / "empty")[0] == 2


def test_a_table_has_names_of_files_without_control_characters(whole, clip_files, tmp_path):
    """Bytes that are not UTF-8 as they are shown elsewhere; sequences for terminals left out."""
    names = [b"caf\xe9.mp4", "\x1b[31mred\u202e.mp4".encode(), b"two\nlines.mp4"]
    for name in names:
        (tmp_path / os.fsdecode(name)).symlink_to(clip_files[0])
    table = tmp_path / "table.csv"
    assert call(whole, tmp_path, "--table", table)[0] == 0
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert {Path(row["video"]).name for row in rows} == {"caf\\xe9.mp4", "red.mp4", "two lines.mp4"}


@pytest.mark.parametrize("tree", [{"method": {"x": torch.zeros(2)}}, {"a": torch.zeros(0)}])
def test_a_checkpoint_of_something_else_is_one_line(whole, tree):
    from backbones.base.errors import UserError
    from harness.evaluation.predict import Predictor

    kept = whole.checkpoint.read_bytes()
    try:
        checkpoint.save(whole.checkpoint, tree)
        with pytest.raises(UserError, match=f"does not fit the networks of run {whole.id} .*another run's$"):
            Predictor(whole, "cpu")
    finally:
        whole.checkpoint.write_bytes(kept)


def test_a_run_without_its_checkpoint_is_one_line(whole, clip_files):
    whole.checkpoint.unlink()
    from backbones.base.errors import UserError
    from harness.evaluation.predict import Predictor

    with pytest.raises(UserError, match="can be shown, but not used"):
        Predictor(whole, "cpu")


def test_a_stream_that_the_method_does_not_use_says_nothing(whole, clip_files, tmp_path):
    from harness.evaluation.predict import Predictor
    from harness.evaluation.predict_figure import draw

    predictor = Predictor(whole, "cpu")
    evaluator, specs = predictor._evaluator(), predictor.streams.specs
    # As `single` is tested: of the other stream equal scores are stored.
    stored = evaluator.run(predictor._batches([Video("0", clip_files[0], 0)]), ["0"], tmp_path / "o").stored
    predictor._evaluator = lambda: SimpleNamespace(run=lambda *_: SimpleNamespace(stored=stored))
    (both,) = predictor.predict([clip_files[0]])
    predictor.streams = replace(predictor.streams, specs={"global": specs["global"]})
    (alone,) = predictor.predict([clip_files[0]])
    assert alone.guesses == {"global": both.guesses["global"]}
    assert (alone.dominance, alone.weights) == (None, None)
    draw(tmp_path / "seen.png", [(alone, predictor.clips(clip_files[0]))])
    assert (tmp_path / "seen.png").read_bytes().startswith(b"\x89PNG")


def test_of_a_damaged_checkpoint_the_advice_is_a_command_that_makes_the_run_again(
    whole, clips_root, monkeypatch, no_costs
):
    """`predict` has no --restart of its own; the command is that of this run, found by the same id."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(clips_root))
    monkeypatch.chdir(whole.path.parent.parent)
    whole.checkpoint.write_bytes(whole.checkpoint.read_bytes()[:-100])
    with pytest.raises(UserError, match="is cut off or damaged") as raised:
        CliRunner().invoke(cli, ["predict", whole.id, str(whole.record_path)], catch_exceptions=False)
    (advice,) = re.findall(r"'(harness run .* --restart)' makes the run again", str(raised.value))
    assert f"--config runs/{whole.id}/config.json --out runs" in advice
    done = CliRunner().invoke(cli, [*shlex.split(advice)[1:], "--dry-run", "--json"])
    assert json.loads(done.stdout)["run"] == whole.id
