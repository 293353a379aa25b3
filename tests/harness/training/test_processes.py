"""Two gloo processes train and test as one process does on the same total batch (no BatchNorm or dropout)."""

import json
import os
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file
from support.places import ROOT

VIT = ("backbone=vtn:vit_tiny_patch16_224", "width=0.25", "dropout=0", "head_dropout=0", "frame_norm=false")
PAIRS = [*(f"{stream}.{pair}" for stream in ("local", "global") for pair in VIT), "train.epochs=1"]


@pytest.fixture(scope="module")
def both(make_tiny, tiny_pairs, clips_root, tmp_path_factory):
    """(one process's folder, two processes' folder) of the same configuration."""
    out = tmp_path_factory.mktemp("processes")
    one = make_tiny(*PAIRS, out=out / "one")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]
    command += [
        "harness",
        "run",
        "--method",
        "mbd",
        "--from-scratch",
        "--out",
        str(out / "two"),
        "--workers",
        "0",
    ]
    command += ["--device", "cpu"]
    command += [part for pair in [*tiny_pairs, *PAIRS] for part in ("--set", pair)]
    env = {**os.environ, "XDG_CACHE_HOME": str(clips_root), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    (two,) = (out / "two").iterdir()
    return one.path, two


def test_the_same_run(both):
    one, two = both
    assert one.name == two.name


def test_the_same_losses(both):
    ours, theirs = ([json.loads(line) for line in (path / "events.jsonl").open()] for path in both)
    for mine, other in zip(ours, theirs, strict=True):
        assert mine["losses"] == pytest.approx(other["losses"], rel=1e-3)


def test_each_video_is_tested_once_and_the_same(both):
    ours, theirs = (load_file(path / "outputs-test.safetensors") for path in both)
    assert len(theirs["labels"]) == 16
    assert ours["labels"].tolist() == theirs["labels"].tolist()
    torch.testing.assert_close(theirs["local.scores"], ours["local.scores"], rtol=1e-2, atol=1e-3)
    torch.testing.assert_close(theirs["global.scores"], ours["global.scores"], rtol=1e-2, atol=1e-3)
