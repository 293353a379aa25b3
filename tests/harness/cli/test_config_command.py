"""`harness config`: what it prints is a file that says the same; what it refuses is one line."""

import json

import pytest
import yaml
from click.testing import CliRunner
from support.made_records import made, save

from backbones.base.errors import UserError
from harness.cli.main import cli
from harness.cli.predict import _views
from harness.config.base.config_file import read_config
from harness.config.preset_files import preset_names
from harness.config.recipe.recipe_of import recipe_of
from harness.config.resolve import resolve
from harness.record.folder import RunFolder

MINE = "extends: tiny\nmethod: {name: mutual, temperature: 4}\npretraining: {both: {train: {epochs: 3}}}\n"


@pytest.fixture
def mine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(MINE)
    return tmp_path / "mine.yaml"


def call(*words):
    done = CliRunner().invoke(cli, ["config", *words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


@pytest.mark.parametrize("short", [[], ["--short"]], ids=["full", "short"])
@pytest.mark.parametrize("name", [*preset_names(), "mine.yaml"])
def test_what_is_shown_is_a_file_that_says_the_same(mine, name, short):
    shown = mine.parent / "shown.yaml"
    shown.write_text(call("show", name, *short, "--set", "train.epochs=7").output)
    base = read_config(mine) if name == "mine.yaml" else name
    assert recipe_of(read_config(shown), {}, ()) == recipe_of(base, {}, ["train.epochs=7"])
    assert json.loads(call("show", name, *short, "--json").output)["extends"] in (name, "tiny")


def test_a_run_is_shown_as_it_was(mine):
    config = resolve("small", {"method": {"name": "mbd"}}, ["train.lr=0.25", "seed=4"])
    run = mine.parent / "runs" / "3f2a5d0b9c71"
    run.mkdir(parents=True)
    (run / "config.json").write_text(json.dumps(config.plain()))
    assert yaml.safe_load(call("show", "3f2a").output) == config.plain()
    shown = yaml.safe_load(call("show", "3f2a", "--short").output)
    assert (shown["extends"], shown["seed"], shown["train"]) == ("small", 4, {"lr": 0.25})
    assert list(json.loads(call("diff", "3f2a", "small", "--json").output)) == [
        "seed",
        "data.seed",
        "train.lr",
    ]


def test_a_finished_run_is_shown_as_its_record_has_it(mine):
    """Whatever became of the file beside it: the record is sealed."""
    record = made({"average": 60.0})
    save([record], mine.parent / "runs")
    run = RunFolder(mine.parent / "runs" / record.id)
    run.config.write_text(json.dumps({**record.config, "seed": 77}))
    assert yaml.safe_load(call("show", record.id).output) == record.config
    assert run.read_config()["seed"] == record.config["seed"]
    tree = json.loads(run.record_path.read_text())
    run.record_path.write_text(json.dumps({**tree, "config": {**tree["config"], "seed": 77}}))
    with pytest.raises(UserError, match=f"id {record.id}|of run|other run"):
        call("show", record.id)


def test_a_difference_is_shown_with_both_values(mine):
    shown = json.loads(call("diff", "tiny", "mine.yaml", "--json").output)
    assert shown["method.name"] == ["mbd", "mutual"]
    assert shown["method.temperature"] == [None, 4.0]
    assert "train.lr" not in shown
    assert call("diff", "tiny", "tiny").output == "the same configuration\n"


def test_every_file_is_checked_and_the_exit_code_says_whether_all_are_right(mine):
    (mine.parent / "wrong.yaml").write_text("local:\n  residual_gama: 1\n")
    done = call("check", "mine.yaml", "wrong.yaml", "gone.yaml")
    assert done.exit_code == 2
    right, wrong, gone = done.output.splitlines()
    assert right == (
        "mine.yaml: extends tiny, 3 settings: method.name, method.settings.temperature, "
        "pretraining.both.train.epochs"
    )
    assert wrong.startswith("error: wrong.yaml:2: backbone 'r2plus1d50' has no setting 'residual_gama'")
    assert gone == "error: gone.yaml: No such file or directory"
    assert call("check", "mine.yaml").exit_code == 0


def test_settings_of_a_pre_training_are_checked_with_their_rows(mine):
    """Of all its parts: those too that no run of this method starts from."""
    files = {
        "network": "pretraining:\n  both:\n    local: {backbone: r2plus1d18}\n    global: {windo: 3}\n"
        "global: {backbone: vtn_vitb}\n",
        "both": "global: {backbone: vtn_vitb, windo: 3}\n",
        "untaught": "method: {name: genkd}\npretraining:\n  both:\n    train: {epochz: 3}\n",
        "alone": "pretraining:\n  local:\n    train: {epochz: 3}\n",
    }
    for name, text in files.items():
        (mine.parent / f"{name}.yaml").write_text(text)
    said = {name: call("check", f"{name}.yaml").output for name in files}
    unknown = "backbone 'vtn_vitb' has no setting 'windo'; did you mean 'window'?"
    assert said["network"].startswith(
        f"error: network.yaml:4: pretraining.both.global.settings.windo: {unknown}"
    )
    assert said["both"].startswith(f"error: both.yaml:1: {unknown}")
    assert said["alone"] == (
        "error: alone.yaml:3: unknown setting 'pretraining.local.train.epochz'; did you mean "
        "'pretraining.local.train.epochs'?\n"
    )
    assert "untaught.yaml:4: unknown setting 'pretraining.both.train.epochz'" in said["untaught"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "tinny"], "'tinny' is no preset; did you mean 'tiny'"),
        (["show", "77aa"], "no run '77aa' in runs/"),
        (["diff", "tiny", "gone.yaml"], "gone.yaml: No such file"),
    ],
)
def test_what_is_no_configuration_is_one_line(mine, words, said):
    with pytest.raises(UserError, match=said):
        call(*words)


def test_a_file_and_a_preset_exclude_each_other(mine):
    done = CliRunner().invoke(cli, ["run", "--config", "mine.yaml", "--preset", "small", "--dry-run"])
    assert done.exit_code == 2
    assert "--preset and --config exclude each other: say 'extends: small' in mine.yaml" in done.output


def test_predict_takes_views_alone_from_a_file(mine):
    mine.write_text("test: {local_clips: 10, crops: 3}\n")
    assert _views(mine) == {"local_clips": 10, "crops": 3}
    mine.write_text("test: {local_clips: 10}\ntrain:\n  lr: 1\n")
    with pytest.raises(UserError, match=r"mine.yaml:3: predict takes only test\.local_clips"):
        _views(mine)
    mine.write_text("test:\n  part: none\n")
    with pytest.raises(UserError, match=r"mine.yaml:2: predict takes only"):
        _views(mine)
