"""Records of plug-ins that are not loaded now do not stop what looks at records."""

import pytest
from click.testing import CliRunner
from support.made_records import itself, made, save

from backbones.base.errors import UsageError
from harness.cli.main import cli
from harness.record.plugins import check_loaded
from harness.record.schema import PluginFacts, Record
from results.cell_commands import run_command
from results.claims.side import Side


def of_a_plugin(key: str, name: str) -> Record:
    record = made({"average": 60.0, "adaptive": 61.0}, "train.lr=0.5")
    group, _, leaf = key.partition(".")
    record.config[group][leaf] = name
    record.config[group]["settings"] = {"own": 3}
    record.data.dataset = record.config["data"]["dataset"]
    return itself(record)


PLUGINS = [("method.name", "theirs"), ("local.backbone", "their_net"), ("data.dataset", "their_clips")]


@pytest.mark.parametrize(("key", "name"), PLUGINS)
@pytest.mark.parametrize(
    "command",
    [
        ("table", "--all"),
        ("table", "components", "--run", "--dry-run"),
        ("claims",),
        ("report", "--out", "site"),
    ],
    ids=lambda command: " ".join(command),
)
def test_what_reads_records_reads_on(key, name, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save([of_a_plugin(key, name), made({"average": 60.0}, seed=1)], tmp_path / "runs")
    done = CliRunner().invoke(cli, list(command))
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(("key", "name"), PLUGINS)
def test_a_command_as_such_a_run_was_says_what_departs_from_its_preset(key, name):
    words = run_command(Side.parse("two_stream @ own.top1"), "", 1, of_a_plugin(key, name))
    assert "--set train.lr=0.5" in words
    assert "--method two_stream" in words
    assert name == "theirs" or name in words
    assert words.count(".own=3") == (key == "local.backbone" or key == "data.dataset")


@pytest.mark.parametrize(
    ("name", "source", "said"),
    [
        ("theirs/method.py", "theirs/method.py", "give --paper DIR, the folder of paper 'theirs'"),
        ("own", "own.py", "give --plugin own.py"),
        ("own", "their-package 1.0", "install their-package 1.0"),
    ],
)
def test_what_makes_such_a_run_again_is_said(name, source, said):
    record = of_a_plugin("method.name", "theirs")
    facts = [PluginFacts(name=name, source=source, sha256="0" * 64, adds=["method theirs"])]
    with pytest.raises(UsageError, match=f"^run {record.id} used method theirs, not known here: {said}$"):
        check_loaded(record.model_copy(update={"plugins": facts}))
    known = [PluginFacts(name=name, source=source, sha256="0" * 64, adds=["method mutual"])]
    check_loaded(record.model_copy(update={"plugins": known}))
