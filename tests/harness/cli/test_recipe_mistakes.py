"""What contradicts a recipe, as a user types it: one line, before anything is trained."""

import pytest
from click.testing import CliRunner
from support.workplace import FEW_CLIPS, pairs

from harness.cli.main import cli, main

RUN = ("run", "--method", "mbd", "--backbone", "r2plus1d18")
# Before the joint training there is another one, which these mistakes must not wait for.
RECIPE = [
    (("run", "--pretrain", "both", "--method", "mbd"), "by method 'two_stream': leave out --method mbd"),
    ((*RUN, "--from-scratch", "--pair", "1"), "--pair and --from-scratch exclude each other"),
    (("run", "--pretrain", "local", "--pair", "1"), "--pair and --pretrain local exclude each other"),
    (
        (*RUN, "--from-scratch", "--set", "pretraining.both.train.epochs=1"),
        "--set pretraining.… and --from-scratch exclude each other",
    ),
    (
        ("run", "--method", "genkd_teacher", "--preset", "genkd-tiny", "--pair", "1"),
        "have no effect: of preset genkd-tiny nothing is pre-trained here",
    ),
    (
        (*RUN, "--set", "pretraining.bth.train.epochs=1"),
        "unknown setting 'pretraining.bth'; did you mean 'pretraining.both'?",
    ),
    (
        (*RUN, "--set", "pretraining.both.trian.epochs=1"),
        "unknown setting 'pretraining.both.trian'; did you mean 'pretraining.both.train'?",
    ),
    (
        (*RUN, "--set", "pretraining.both.seed=1"),
        "unknown setting 'pretraining.both.seed'; expected one of train, test, data, local, global there",
    ),
    (
        (*RUN, "--set", "pretraining.both.train.lrr=1"),
        "unknown setting 'pretraining.both.train.lrr'; did you mean 'pretraining.both.train.lr'?",
    ),
    (
        (*RUN, "--set", "pretraining.both.train.learning_rate=1"),
        "unknown setting 'pretraining.both.train.learning_rate'; did you mean 'pretraining.both.train.lr'?",
    ),
    (
        (*RUN, "--set", "pretraining.both.train.epochs=0"),
        "error: pretraining.both.train.epochs: got 0; expected greater than",
    ),
    (
        (*RUN, "--set", "pretraining.both.train=3"),
        "pretraining.both.train: got 3; expected settings by name, such as {NAME: VALUE}",
    ),
    (
        (*RUN, "--set", "pretraining=3"),
        "'pretraining' is a group of settings; give one of them, as pretraining.NAME=VALUE",
    ),
    (
        (*RUN, "--set", "pretraining.both.data.dataset=ucf102"),
        "pretraining.both.data.dataset: unknown data set 'ucf102'; did you mean 'ucf101'?",
    ),
    (
        (*RUN, "--set", "pretraining.both.local.backbone=r3d19"),
        "pretraining.both.local.backbone: unknown backbone 'r3d19'",
    ),
    ((*RUN, "--set", "fit.share=0.2"), "fit.share=0.2: localglobal has videos of its own for that"),
    ((*RUN, "--set", "data.validation=0.2"), "data.validation=0.2: localglobal has videos of its own"),
    ((*RUN, "--set", "train.batch_size=999"), "999"),
]


@pytest.mark.parametrize(("arguments", "words"), RECIPE, ids=lambda value: " ".join(value[-2:]))
def test_mistakes_of_a_recipe_are_one_line_before_anything_is_trained(
    arguments, words, clips_root, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(clips_root))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("harness.execution.execute.execute", lambda *_: pytest.fail("a run was begun"))
    with pytest.raises(SystemExit) as stopped:
        main([*arguments, *pairs(FEW_CLIPS)])
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert stopped.value.code == 2
    assert len(said) == 1
    assert words in said[0]
    assert not list(tmp_path.glob("runs/*/record.json"))


def test_a_dry_run_counts_on_the_weights_that_the_recipe_will_give(
    clips_root, tiny_pairs, tmp_path, monkeypatch, no_costs
):
    """A frozen teacher needs trained weights, which the pre-training makes first."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(clips_root))
    frozen = ("method.frozen=true", *tiny_pairs)
    words = ["run", "--method", "unidirectional", "--device", "cpu", "--workers", "0", "--out", str(tmp_path)]
    done = CliRunner().invoke(cli, [*words, "--dry-run", *pairs(frozen)], catch_exceptions=False)
    assert done.exit_code == 0
    assert "follows from the pre-trained weights, which are not made yet" in done.output
    assert not list(tmp_path.glob("*/record.json"))


ONLY_ERROR = {
    ("--device", "tpu"): "unknown device 'tpu'; expected auto, cpu or cuda",
    ("--split", "nope"): "localglobal has no split 'nope'",
    ("--dataset", "folder"): "folder: no folder given; say where the videos are with --data-root DIR",
    ("--dataset", "folder", "--data-root", "gone"): "folder: no folder 'gone'",
    ("--set", "data.sede=3"): "localglobal has no setting 'sede'; did you mean 'seed'?",
}


@pytest.mark.parametrize("how", [(), ("--dry-run",), ("--from-scratch",)], ids=["run", "dry run", "scratch"])
@pytest.mark.parametrize("given", ONLY_ERROR, ids=" ".join)
def test_a_simple_mistake_is_one_line_that_blames_no_pre_training(
    given, how, clips_root, tmp_path, monkeypatch, capsys
):
    """What is wrong with the joint run is no fault of its pre-training, which has its settings, too."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(clips_root))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        main([*RUN, "--out", "runs", *given, *how])
    told = capsys.readouterr()
    assert stopped.value.code == 2
    assert "preset tiny" not in told.out
    assert told.err.startswith(f"error: {ONLY_ERROR[given]}")


def test_what_is_wrong_with_the_pre_training_alone_names_its_settings(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main([*RUN, "--dry-run", "--device", "cpu", "--set", "pretraining.both.data.sede=3"])
    said = "error: pre-training of both streams (--set pretraining.both.…): localglobal has no setting 'sede'"
    assert said in capsys.readouterr().err
