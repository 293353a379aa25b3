"""A finished run, exported and read back by PyTorch alone, says what it said when it was tested."""

import json
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors import safe_open
from support.by_numpy import distribution
from support.places import refused
from support.run_videos import run_videos

import harness
from harness.cli.main import cli
from harness.data.clips.dataset import TestClips
from harness.data.index import Video
from harness.evaluation.plan import evaluation_plan
from harness.export import weights
from harness.record import checkpoint, outputs
from harness.record.folder import RunFolder

# What a fresh Python without this package prints of a file.
ALONE = """
import sys, torch
files = {"harness": ""}
network = torch.export.load(sys.argv[1], extra_files=files).module()
clips = torch.zeros(3, 4, 32, 32, 3, dtype=torch.uint8)
print([tuple(each.shape) for each in network(clips, clips[:1])])
print(files["harness"])
print(sorted({"harness", "backbones", "methods", "timm", "transformers", "torchvision"} & set(sys.modules)))
"""


@cache
def read(path):
    """The file's program, read once for all tests: that takes seconds."""
    return torch.export.load(path)


def call(*words):
    return CliRunner().invoke(cli, ["export", "model", *map(str, words)], catch_exceptions=False)


@pytest.fixture(scope="module")
def cached(clips_root):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(clips_root))
        yield clips_root


@pytest.fixture(scope="module")
def exported(one_whole_run, cached, tmp_path_factory):
    """The folder, of all that the run has."""
    folder = tmp_path_factory.mktemp("exported") / "model"
    done = call(one_whole_run.path, "--out", folder, "--format", "torch-export", "--format", "safetensors")
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture(scope="module")
def model(exported):
    return json.loads((exported / "model.json").read_text())


def views(run: RunFolder, cached, number):
    """(id, all views of the streams that the run was tested on) of one of its videos."""
    loaded = harness.load(run.path, device="cpu")
    path = run_videos(run, cached)[number]
    config = type(loaded._predictor[0].config).model_validate(loaded.record.config)
    plan = evaluation_plan(config)
    return loaded, TestClips([Video(path.name, path, 0)], loaded.specs, plan.test, plan.short)[0]


def test_fused_scores_are_those_that_the_run_stored(exported, one_whole_run, cached):
    network = read(exported / "fused.pt2").module()
    stored = outputs.read(one_whole_run.outputs)
    for number in (0, 5):
        _, item = views(one_whole_run, cached, number)
        fused, local, glob = (each.numpy() for each in network(item["local"], item["global"]))
        z = [stored.tensors[f"{name}.scores"][number].numpy() for name in ("local", "global")]
        np.testing.assert_allclose([local, glob], z, atol=1e-6)
        m = [distribution(each, np.eye(len(each))).max() for each in z]  # equations (1), (2)
        by_hand = (m[0] * z[0] + m[1] * z[1]) / (m[0] + m[1])  # equations (14), (15)
        np.testing.assert_allclose(fused, by_hand, atol=1e-6)


def test_a_stream_takes_pixels_and_any_number_of_clips(exported, one_whole_run, cached):
    network = read(exported / "local.pt2").module()
    loaded, item = views(one_whole_run, cached, 3)
    pixels = item["local"].numpy().astype(np.float64)
    spec = loaded.specs["local"]
    normalised = ((pixels / 255 - spec.mean) / spec.std).transpose(0, 4, 1, 2, 3)
    with torch.no_grad():
        expected = loaded.stream("local")(torch.from_numpy(normalised).float())
    for number in (1, 2):
        logits, features = network(item["local"][:number])
        np.testing.assert_allclose(logits, expected.logits[:number], atol=1e-5)
        np.testing.assert_allclose(features, expected.embedding[:number], atol=1e-5)


def test_pytorch_alone_reads_it(exported, tmp_path):
    command = [sys.executable, "-P", "-W", "ignore", "-c", ALONE, str(exported / "fused.pt2")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={"PATH": ""})
    assert done.returncode == 0, done.stderr
    shapes, metadata, loaded = done.stdout.splitlines()
    assert shapes == "[(16,), (16,), (16,)]"
    assert json.loads(metadata)["method"] == "mbd"
    assert loaded == "[]"


def test_tensors_are_the_checkpoints(exported, one_whole_run):
    kept = checkpoint.read(one_whole_run.checkpoint)["method"]
    with safe_open(exported / "global.safetensors", framework="pt") as file:
        assert json.loads(file.metadata()["harness"])["run"] == one_whole_run.id
        found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    own = {name.removeprefix("streams.global."): t for name, t in kept.items() if "streams.global." in name}
    assert set(found) == set(own)
    assert all(torch.equal(found[name], own[name]) for name in own)


def test_what_is_written_says_what_it_is(exported, model, one_whole_run):
    record = one_whole_run.record()
    card = (exported / "README.md").read_text()
    top1 = record.metrics.fusion[record.fusion].top1
    assert f"| fused | {top1.percent:.1f} | {top1.low:.1f} to {top1.high:.1f} |" in card
    assert f"`{record.id}`" in card
    assert "Unknown: a run does not know the terms" in card
    assert "16. " not in card
    assert "15. conflict-shake" in card
    assert model["streams"]["global"]["input"]["shape"] == ["clips", 4, 32, 32, 3]
    assert model["streams"]["global"]["input"]["stride"] == 8
    files = {each["file"]: each for each in model["files"]}
    assert set(files) == {path.name for path in exported.iterdir()} - {"README.md", "model.json"}
    assert set(files) == {"local.pt2", "global.pt2", "fused.pt2", "local.safetensors", "global.safetensors"}
    for name, each in files.items():
        assert each["any_number"], name
        assert 0 <= max(each["parity"]["differences"].values()) <= 1e-5
        assert f"`{name}`" in card


def test_the_cards_example_runs(exported, monkeypatch):
    """As it stands, where `clips` are those of the card's shape."""
    monkeypatch.chdir(exported)
    loaded = {path.name: read(path) for path in exported.glob("*.pt2")}
    monkeypatch.setattr(torch.export, "load", loaded.__getitem__)
    card = (exported / "README.md").read_text()
    for block in re.findall(r"```python\n(.*?)```", card, re.DOTALL):
        clips = torch.zeros(2, 4, 32, 32, 3, dtype=torch.uint8)
        names = {"clips": clips, "local_clips": clips, "global_clips": clips}
        exec(block, names)
        assert names["features" if "features" in block else "scores"].shape


def test_the_cards_commands_begin_a_run_with_the_files(
    one_whole_run, cached, tmp_path, monkeypatch, no_costs
):
    """As they stand, in the folder of the card."""
    monkeypatch.chdir(tmp_path)
    assert call(one_whole_run.path, "--format", "safetensors", "--out", tmp_path / "tensors").exit_code == 0
    monkeypatch.chdir(tmp_path / "tensors")
    commands = re.findall(r"^harness run .*$", Path("README.md").read_text(), re.MULTILINE)
    assert ["local.safetensors" in each for each in commands] == [True, False]
    assert ["global.safetensors" in each for each in commands] == [False, True]
    for stream, each in zip(("local", "global"), commands, strict=True):
        words = [*shlex.split(each)[1:], "--from-scratch", "--dry-run", "--json"]
        done = CliRunner().invoke(cli, words, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        assert f"{stream} weights: {stream}.safetensors" in done.stderr
        assert "data.leaks" not in done.stderr.replace("data.leaks=warn", "")


def test_an_earlier_export_is_replaced_by_force_alone(one_whole_run, cached, tmp_path, capsys):
    given = [one_whole_run.path, "--format", "safetensors", "--out", tmp_path]
    assert call(*given).exit_code == 0
    (tmp_path / "mine.txt").write_text("kept")
    before = (tmp_path / "local.safetensors").stat().st_mtime_ns
    said = refused(capsys, "export", "model", *given)
    assert "--force replaces it" in said
    assert (tmp_path / "local.safetensors").stat().st_mtime_ns == before
    assert call(*given, "--force", "--stream", "global").exit_code == 0
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"global.safetensors", "README.md", "model.json", "mine.txt"}


def test_a_file_that_answers_otherwise_is_not_kept(one_whole_run, cached, tmp_path, capsys, monkeypatch):
    def wrong(run, stream, path, metadata):
        tensors = run.method.stream(stream).state_dict()
        weights.save_file({name: t.contiguous() + 0.01 for name, t in tensors.items()}, path)

    monkeypatch.setattr(weights, "write", wrong)
    out = tmp_path / "model"
    with pytest.raises(SystemExit) as stopped:
        harness.cli.main.main(
            ["export", "model", str(one_whole_run.path), "--format", "safetensors", "--out", str(out)]
        )
    assert stopped.value.code == 1
    assert "differs from the run's own network" in capsys.readouterr().err
    assert not out.exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--format", "safetensors", "--stream", "fused"), "tensors alone have no fusion"),
        (("--format", "tflite"), "tflite"),
    ],
)
def test_what_cannot_be_is_one_line(whole, cached, tmp_path, words, said):
    done = CliRunner().invoke(cli, ["export", "model", str(whole.path), "--out", str(tmp_path / "m"), *words])
    assert getattr(done.exception, "exit_code", done.exit_code) == 2
    assert said in done.output + str(done.exception)
