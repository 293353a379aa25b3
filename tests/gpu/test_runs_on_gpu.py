"""Whole runs on a GPU: what they leave, that they repeat, and that the commands around them compute there."""

import json
import os
import signal
import subprocess
import sys

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file
from support.gpu import needs_gpu

from backbones.base.errors import UserError
from harness import load
from harness.cli.main import cli
from harness.training.stopping import Stopped
from harness.training.training_step import Learner

pytestmark = needs_gpu
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "1", "-m", "harness")


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_run_says_where_it_was_made(tiny_run, precision):
    run = tiny_run(f"precision={precision}", device="cuda")
    environment = json.loads(run.record_path.read_text())["environment"]
    assert environment["device"] == "cuda"
    assert environment["device_name"] == torch.cuda.get_device_name(0)
    assert (environment["precision"], environment["cuda"]) == (precision, torch.version.cuda)
    stored = load_file(run.outputs)
    torch.testing.assert_close(stored["local.scores"].sum(dim=1), torch.ones(16))


def test_two_strict_runs_are_the_same_bits(make_tiny, tmp_path, no_costs):
    runs = [
        make_tiny("precision=fp32", out=tmp_path / name, device="cuda", determinism="strict", workers=workers)
        for name, workers in (("one", 0), ("two", 2))
    ]
    assert runs[0].outputs.read_bytes() == runs[1].outputs.read_bytes()
    weights = [torch.load(run.checkpoint, weights_only=True, map_location="cpu")["method"] for run in runs]
    assert all(torch.equal(weights[1][name], value) for name, value in weights[0].items())


def test_a_stopped_strict_run_goes_on_as_the_whole_one(make_tiny, tmp_path, no_costs, monkeypatch):
    strict = {"device": "cuda", "determinism": "strict"}
    whole = make_tiny("precision=fp32", out=tmp_path / "whole", **strict)
    learn, asked = Learner.learn, []

    def then_asked(self, batch, step=0):
        asked.append(step)
        if len(asked) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return learn(self, batch, step)

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "learn", then_asked)
        with pytest.raises(Stopped):
            make_tiny("precision=fp32", out=tmp_path / "stopped", **strict)
    again = make_tiny("precision=fp32", out=tmp_path / "stopped", **strict)
    assert json.loads(again.record_path.read_text())["timings"]["sessions"] == 2
    assert again.outputs.read_bytes() == whole.outputs.read_bytes()


def test_predictions_of_a_gpu_are_those_of_a_cpu(tiny_run, clips_root, monkeypatch):
    run = tiny_run("precision=fp32", device="cuda")
    videos = sorted((clips_root / "mbd-harness").rglob("*.mp4"))[:3]
    found = {place: load(run.path, device=place).predict(videos) for place in ("cuda", "cpu")}
    ours, theirs = found["cuda"], found["cpu"]
    assert list(ours["fused"]) == list(theirs["fused"])
    scores = [name for name in ours.columns if name.startswith("fused.score.")]
    assert len(scores) > 0
    assert abs(ours[scores].to_numpy() - theirs[scores].to_numpy()).max() < 2e-3


def test_compiled_streams(tiny_run, no_costs):
    run = tiny_run("precision=bf16", "compile=true", "train.epochs=1", device="cuda")
    assert json.loads(run.record_path.read_text())["environment"]["device"] == "cuda"


def test_two_compiled_runs_are_the_same_bits(make_tiny, tmp_path, no_costs):
    """The level for compiled streams, of which not every kernel can be told to sum in one order."""
    runs = [
        make_tiny(
            "precision=fp32",
            "compile=true",
            "train.epochs=1",
            out=tmp_path / name,
            device="cuda",
            determinism="best-effort",
        )
        for name in ("one", "two")
    ]
    assert runs[0].outputs.read_bytes() == runs[1].outputs.read_bytes()


def test_a_step_that_does_not_fit_is_a_line_with_what_does(tiny_run, monkeypatch):
    """A card of which little may be used; the step asks for what no card has in its first forward pass."""
    learn = Learner.learn

    def hungry(self, batch, step=0):
        if len(batch["label"]) > 2:
            torch.empty(2**50, dtype=torch.uint8, device="cuda")
        return learn(self, batch, step)

    monkeypatch.setattr(Learner, "learn", hungry)
    with pytest.raises(UserError, match=r"^out of memory: .* fits") as caught:
        tiny_run(device="cuda")
    assert "\n" not in str(caught.value)


def test_profile_measures_on_the_gpu():
    words = ["profile", "r2plus1d18", "--width", "0.125", "--device", "cuda", "--precision", "bf16", "--json"]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    assert '"cuda"' in done.output


def test_doctor_computes_on_it():
    done = CliRunner().invoke(cli, ["doctor"])
    lines = [line.split(None, 1) for line in done.output.splitlines()]
    said = {rest.split(":")[0]: state for state, rest in lines if ":" in rest}
    assert said["cuda float32"] == said["cuda bfloat16"] == said["device"] == "ok"


def test_one_process_under_torchrun(tmp_path, clips_root, tiny_pairs):
    """NCCL, of one process: the group is made, used and left."""
    words = ["run", "--method", "mbd", "--device", "cuda", "--workers", "0", "--from-scratch"]
    sets = ["--out", str(tmp_path), *(word for pair in tiny_pairs for word in ("--set", pair))]
    env = {**os.environ, "XDG_CACHE_HOME": str(clips_root), "OMP_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-P", *TORCHRUN, *map(str, words), *sets],
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(list(tmp_path.glob("*/record.json"))) == 1
