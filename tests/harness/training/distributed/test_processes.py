"""Two gloo processes train and test as one process does on the same total batch.

Under torchrun without BatchNorm or dropout; under srun with BatchNorm over both processes.
"""

import json
import os
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file
from support.places import ROOT
from support.srun import srun

VIT = ("backbone=vtn:test_vit", "hidden=32", "width=1", "dropout=0", "head_dropout=0", "frame_norm=false")
PAIRS = [*(f"{stream}.{pair}" for stream in ("local", "global") for pair in VIT), "train.epochs=1"]


# BatchNorm over both processes, in one step: over several, rounding alone makes such networks drift apart.
SYNCHRONISED = [
    *("train.sync_batchnorm=true", "global.dropout=0", "global.head_dropout=0"),
    *("train.epochs=1", "train.batch_size=16", "train.lr=0.001"),
]
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "harness")
OPTIONS = ("--method", "mbd", "--from-scratch", "--workers", "0", "--device", "cpu")


def options(out, pairs):
    return ["run", *OPTIONS, "--out", str(out), *(part for pair in pairs for part in ("--set", pair))]


def under_torchrun(words, env):
    command = [sys.executable, *TORCHRUN, *words]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr


def under_srun(words, env):
    ends = srun(["-m", "harness", *words], **env)
    assert [end.code for end in ends] == [0, 0], ends


@pytest.mark.parametrize(("start", "pairs"), [(under_torchrun, PAIRS), (under_srun, SYNCHRONISED)])
def test_two_processes_make_the_run_of_one(
    start, pairs, make_tiny, no_costs, tiny_pairs, clips_root, tmp_path
):
    """The same id, losses and outputs; each video tested once."""
    one = make_tiny(*pairs, out=tmp_path / "one").path
    env = {"XDG_CACHE_HOME": str(clips_root), "OMP_NUM_THREADS": "1"}
    start(options(tmp_path / "two", [*tiny_pairs, *pairs]), env)
    (two,) = (tmp_path / "two").iterdir()
    assert one.name == two.name
    events = [[json.loads(line) for line in (path / "events.jsonl").open()] for path in (one, two)]
    for mine, other in zip(*events, strict=True):
        assert mine["losses"] == pytest.approx(other["losses"], rel=1e-3)
    ours, theirs = (load_file(path / "outputs-test.safetensors") for path in (one, two))
    assert len(theirs["labels"]) == 16
    assert ours["labels"].tolist() == theirs["labels"].tolist()
    for name in ("local.scores", "global.scores"):
        torch.testing.assert_close(theirs[name], ours[name], rtol=1e-2, atol=1e-3)
