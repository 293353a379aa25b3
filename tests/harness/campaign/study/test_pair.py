"""One pair of a study in one process: the runs that `harness run` makes one by one, and no others."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from click.testing import CliRunner

from backbones.base.errors import UserError
from backbones.weights.loading import tensors_sha256
from harness.campaign.study import pair as pairs
from harness.campaign.study.plan import StudyPlan
from harness.campaign.study.tasks import PRETRAINING, tasks
from harness.cli.main import cli
from harness.console.console import RunConsole
from harness.execution.execute import Outcome
from harness.execution.job import Launch
from harness.record.folder import RunFolder
from harness.training.stopping import Stopped
from harness.training.trainer import Trainer
from results.studies.arms import arm_of

SHA = "f" * 64
HERE = Path(__file__)  # a file that is there
ARMS = (arm_of("two_stream"), arm_of({"mbd": {"final": False}}))
SHORT = ("train.epochs=1", "train.batch_size=16", "pretraining.both.train.epochs=1")


def plan(*settings, **given):
    tree = {"name": "mine", "arms": ["two_stream"], "dataset": "localglobal", "preset": "tiny", "pairs": 2}
    return StudyPlan.model_validate({**tree, "settings": settings, **given})


def launch(out):
    return Launch(data_root=None, out=out, device="cpu", workers=0)


def quiet():
    return RunConsole(json=True, quiet=True)


class Killed(BaseException):
    """Nothing after it is run."""


def weights(folder):
    return tensors_sha256(torch.load(folder.checkpoint, weights_only=True)["method"])


@pytest.mark.usefixtures("no_costs")
def test_a_pair_that_was_killed_goes_on_and_gives_what_its_runs_give_alone(
    tiny_pairs, clips_root, tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(clips_root))
    study, trained, train = plan(*tiny_pairs, *SHORT), [], Trainer.run

    def killed_third(self):
        trained.append(self)
        if len(trained) == 3:
            raise Killed
        return train(self)

    monkeypatch.setattr(Trainer, "run", killed_third)
    with pytest.raises(Killed):
        list(pairs.make_pair(study, SHA, ARMS, 1, launch(tmp_path / "study"), quiet()))
    *_, made = pairs.make_pair(study, SHA, ARMS, 1, launch(tmp_path / "study"), quiet())
    assert len(trained) == 4, "the pre-training and the first arm were not trained again"
    assert made.failed == ()
    facts = [run.run_record().study for run in made.folders]
    assert [(each.arm, each.pair, each.seed) for each in facts] == [
        (PRETRAINING, 1, 0),
        ("two_stream", 1, 1),
        ("mbd, final=false", 1, 1),
    ]
    assert {(each.name, each.plan_sha256) for each in facts} == {("mine", SHA)}
    monkeypatch.setattr(Trainer, "run", train)
    settings = [word for each in (*tiny_pairs, *SHORT) for word in ("--set", each)]
    seeds = ["--pair", str(study.pair_seed(1)), "--seed", str(study.joint_seed(1, 1))]
    fixed = ["--device", "cpu", "--workers", "0", "--out", str(tmp_path / "alone"), *settings, *seeds]
    for words in (["two_stream"], ["mbd", "--set", "method.final=false"]):
        done = CliRunner().invoke(cli, ["run", *fixed, "--method", *words], catch_exceptions=False)
        assert done.exit_code == 0, done.output
    alone = {path.name: RunFolder(path) for path in (tmp_path / "alone").iterdir() if path.is_dir()}
    assert set(alone) == {run.id for run in made.folders}
    assert {run.id: weights(run) for run in made.folders} == {name: weights(r) for name, r in alone.items()}
    for run in made.folders[1:]:
        assert run.record().metrics.local == alone[run.id].record().metrics.local
    for run in made.folders:  # as of a whole pair
        run.checkpoint.unlink()
    shutil.rmtree(made.folders[1].path)
    monkeypatch.setattr(Trainer, "run", lambda self: trained.append(self) or train(self))
    trained.clear()
    *_, again = pairs.make_pair(study, SHA, ARMS, 1, launch(tmp_path / "study"), quiet())
    assert again == made
    assert len(trained) == 2, "the pre-training and the run that was gone"
    assert again.folders[1].record().metrics.local == alone[again.folders[1].id].record().metrics.local


@pytest.fixture
def faked(monkeypatch):
    """Runs are not made, but written down: (arm, pair, joint seed, weights of the local stream)."""
    calls = []

    def execute(config, launch, reporter):
        facts = launch.study
        calls.append((facts.arm, facts.pair, facts.seed, config.local.weights))
        if facts.arm == "mbd, final=false" and facts.seed == 1:
            raise UserError("no memory")
        return Outcome(SimpleNamespace(id=f"{facts.arm}-{facts.seed}", checkpoint=HERE))

    monkeypatch.setattr("harness.execution.execute.execute", execute)
    return calls


def test_a_run_that_is_asked_to_stop_ends_the_pair(tmp_path, monkeypatch):
    """It is no failure: nothing is noted, and the next arm is not begun."""
    begun = []

    def execute(config, launch, reporter):
        begun.append(launch.study.arm)
        if launch.study.arm == "two_stream":
            raise Stopped("stopped after step 3 of 9")
        return Outcome(SimpleNamespace(id="before", checkpoint=HERE))

    monkeypatch.setattr("harness.execution.execute.execute", execute)
    with pytest.raises(Stopped):
        list(pairs.make_pair(plan(), SHA, ARMS, 0, launch(tmp_path), quiet()))
    assert begun == [PRETRAINING, "two_stream"]
    assert not list(tmp_path.iterdir())


def test_the_pre_training_is_made_once_for_all_arms_and_seeds(faked, tmp_path):
    """And a run that fails costs itself alone."""
    study = plan(seeds={1: "all", 2: 1})
    *_, made = pairs.make_pair(study, SHA, ARMS, 0, launch(tmp_path), quiet())
    begun = f"run:{PRETRAINING}-0"
    assert faked == [
        (PRETRAINING, 0, 0, None),
        ("two_stream", 0, 1, begun),
        ("mbd, final=false", 0, 1, begun),
        ("two_stream", 0, 2, begun),
        ("mbd, final=false", 0, 2, begun),
    ]
    assert [run.id for run in made.folders] == [
        f"{PRETRAINING}-0",
        "two_stream-1",
        "two_stream-2",
        "mbd, final=false-2",
    ]
    assert made.failed == (("mbd, final=false", 1, "no memory"),)


def test_arms_that_fit_no_rules_start_from_the_same_pre_training(faked, tmp_path):
    list(pairs.make_pair(plan(fitted=["two_stream"]), SHA, ARMS, 0, launch(tmp_path), quiet()))
    assert [call[0] for call in faked].count(PRETRAINING) == 1


def test_a_study_from_scratch_has_none(faked, tmp_path):
    list(pairs.make_pair(plan(from_scratch=True), SHA, ARMS, 0, launch(tmp_path), quiet()))
    assert [call[0] for call in faked] == ["two_stream", "mbd, final=false"]
    assert {call[3] for call in faked} == {None}


def test_other_pairs_have_other_pre_trainings_and_scenes():
    one, other = (next(tasks(plan(), SHA, ARMS, number)).recipe.before[0].config for number in (0, 1))
    assert one.seed != other.seed
    assert one.data.settings["seed"] != other.data.settings["seed"]
