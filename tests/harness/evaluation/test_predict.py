"""Prediction on a run's own test videos gives what the run stored of them."""

import json

import pytest
import torch
from click.testing import CliRunner

from harness.cli.main import cli
from harness.record import checkpoint, outputs


@pytest.fixture
def clip_files(clips_root):
    return sorted(clips_root.glob("mbd-harness/localglobal/*/test/**/*.mp4"))


def call(whole, *arguments):
    shown = CliRunner().invoke(cli, ["predict", str(whole.path), *map(str, arguments), "--device", "cpu"])
    return shown.exit_code, shown.stdout, shown.stderr


def test_a_run_says_of_its_clip_files_what_it_stored(whole, clip_files, tmp_path):
    stored = outputs.read(whole.outputs)
    video = next(path for path in clip_files if str(path).endswith(stored.ids[0]))
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
    total = sum(said["dominance"].values())
    assert said["weights"]["local"] == pytest.approx(said["dominance"]["local"] / total, abs=1e-4)


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
