"""A recipe carried out: one pre-training for all; joint runs go on from it and see other clips than it."""

import hashlib
import json

import pytest
import torch
from click.testing import CliRunner

from backbones.weights.loading import tensors_sha256
from harness.cli.main import cli, main
from harness.cost.estimate import Estimate
from harness.data.clips.sample import epoch_order
from harness.record.folder import RunFolder
from harness.record.schema import Cost
from harness.training.training_step import Learner

ONE_STEP = ("train.epochs=1", "train.batch_size=16")
SHORT = ("--set", "pretraining.both.train.epochs=1")


@pytest.fixture(scope="module")
def recipe(tiny_pairs, clips_root, tmp_path_factory):
    """Two methods from one pair, by `harness run`: their folders, and the batch that each run learned from.

    The first has the pair's own number as its seed. Last, what `--pretrain both` would make.
    """
    out, batches = tmp_path_factory.mktemp("recipe"), []
    settings = [word for pair in (*tiny_pairs, *ONE_STEP) for word in ("--set", pair)]
    fixed = ["--device", "cpu", "--workers", "0", "--out", str(out), "--json", *settings]
    learn = Learner.learn

    def remember(self, batch, step):
        batches.append(batch)
        return learn(self, batch, step)

    def run(*words):
        done = CliRunner().invoke(cli, ["run", *fixed, *words], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(clips_root))
        patch.setattr("harness.execution.dry_run.estimate", lambda *_: Estimate(1.0, 1.0))
        patch.setattr("harness.execution.build_record.costs", lambda *_: Cost(run={}, full={}))
        patch.setattr(Learner, "learn", remember)
        joint = [run("--method", "mbd", "--seed", "3", *SHORT)["id"]]
        joint.append(run("--method", "two_stream", "--seed", "4", "--pair", "3", *SHORT)["id"])
        alone = run("--pretrain", "both", "--seed", "3", "--dry-run")
    return out, [RunFolder(out / each) for each in joint], batches, alone


def before(recipe):
    """The folder of the pre-training: the run that is none of the joint ones."""
    out, joint, _, _ = recipe
    (path,) = {path.parent for path in out.glob("*/record.json")} - {run.path for run in joint}
    return RunFolder(path)


def test_the_records_say_what_the_pre_training_was_told(recipe):
    _, joint, _, _ = recipe
    pairs = [json.loads(run.record_path.read_text())["starts_from"]["pair"] for run in joint]
    assert [pair["settings"] for pair in pairs] == [{"pretraining.both.train.epochs": 1}] * 2


def test_two_methods_share_one_pre_training(recipe):
    record = before(recipe).run_record()
    assert (record.config["method"]["name"], record.config["seed"]) == ("two_stream", 3)
    for run, seed in zip(recipe[1], (3, 4), strict=True):
        found = run.record()
        assert found.config["seed"] == seed
        assert (found.starts_from.pair.id, found.starts_from.pair.seed) == (record.id, 3)
        assert (found.starts_from.local.kind, found.starts_from.local.name) == ("run", record.id)
        assert found.config["local"]["weights"] == found.config["global"]["weights"] == f"run:{record.id}"
    assert len(recipe[2]) == 3, "one step of the pre-training and of each method"


def test_pretrain_both_is_that_run(recipe):
    plan = recipe[3]
    assert (plan["run"], plan["finished"]) == (before(recipe).id, True)


def test_a_pre_training_is_tested_on_nothing(recipe):
    run = before(recipe)
    record = run.run_record()
    assert (record.metrics, record.validation) == (None, None)
    assert record.data.found == {"train": 16, "validation": 0, "holdout": 0, "test": 0}
    assert record.starts_from.pair is None
    assert not run.outputs.exists()
    assert not run.holdout_outputs.exists()


def test_both_streams_begin_as_it_ended(recipe):
    ended = torch.load(before(recipe).checkpoint, weights_only=True)["method"]
    for stream in ("local", "global"):
        prefix = f"streams.{stream}."
        own = {k.removeprefix(prefix): v for k, v in ended.items() if k.startswith(prefix)}
        for run in recipe[1]:
            assert run.record().weights[stream]["sha256"] == tensors_sha256(own)


def by_hand(*parts):
    """A seed: the first 64 bits of BLAKE2b of the parts as JSON."""
    return int.from_bytes(hashlib.blake2b(json.dumps(parts).encode(), digest_size=8).digest(), "big")


def test_the_seed_of_a_joint_training_follows_from_the_pairs_and_its_own(recipe):
    seeds = [run.record().resolved["training_seed"] for run in recipe[1]]
    assert seeds == [by_hand("joint training", 3, 3), by_hand("joint training", 3, 4)]
    assert "training_seed" not in before(recipe).run_record().resolved


def test_joint_runs_see_other_clips_in_another_order(recipe):
    """Than the pre-training with the same number as seed, and than one another."""
    drawn = [3, by_hand("joint training", 3, 3), by_hand("joint training", 3, 4)]
    orders = [batch["position"].tolist() for batch in recipe[2]]
    assert orders == [epoch_order(16, seed, 0).tolist() for seed in drawn]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        same = 0
        for place, position in enumerate(orders[one]):
            clips = recipe[2][one]["local"][place], recipe[2][other]["local"][orders[other].index(position)]
            same += torch.equal(*clips)
        assert orders[one] != orders[other]
        assert same <= 2, "of 16 videos, cut at chance in time and space"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("--device", "cuda"), "--device cuda, but"),
        (("--flow-cache", "file"), "--flow-cache file: a file is in its place"),
        (("--out", "file/runs"), "--out file/runs: 'file' is a file"),
    ],
)
def test_what_is_wrong_with_the_machine_is_said_before_clips_are_rendered(
    asked, words, monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as stopped:
        main(["run", "--method", "mbd", "--backbone", "r2plus1d18", *asked])
    assert stopped.value.code == 2
    assert f"error: {words}" in capsys.readouterr().err
    assert not (tmp_path / "cache").exists()


def test_a_folder_that_cannot_be_written_is_said_before_clips_are_rendered(monkeypatch, tmp_path, capsys):
    """With a run in it, that run might be the one that is asked for: it is looked at first."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("harness.execution.job.refusal_of", lambda folder: "Read-only file system")
    with pytest.raises(SystemExit) as stopped:
        main(["run", "--method", "mbd", "--backbone", "r2plus1d18", "--out", str(tmp_path / "runs")])
    assert stopped.value.code == 1
    assert "is not writable" in capsys.readouterr().err
    assert not (tmp_path / "cache").exists()
