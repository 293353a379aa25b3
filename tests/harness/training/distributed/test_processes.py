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

VIT = ("backbone=vtn:vit_tiny_patch16_224", "width=0.25", "dropout=0", "head_dropout=0", "frame_norm=false")
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


@pytest.fixture(scope="module", params=["torchrun", "srun"])
def both(request, make_tiny, tiny_pairs, clips_root, tmp_path_factory):
    """(one process's folder, two processes' folder) of the same configuration."""
    out = tmp_path_factory.mktemp("processes")
    pairs = PAIRS if request.param == "torchrun" else SYNCHRONISED
    one = make_tiny(*pairs, out=out / "one")
    words = options(out / "two", [*tiny_pairs, *pairs])
    if request.param == "torchrun":
        env = {**os.environ, "XDG_CACHE_HOME": str(clips_root), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, *TORCHRUN, *words]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
    else:
        ends = srun(["-m", "harness", *words], XDG_CACHE_HOME=str(clips_root))
        assert [end.code for end in ends] == [0, 0], ends
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
