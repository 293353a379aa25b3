"""`harness sweep` takes the run's options of training, and says of others which setting they are."""

import pytest
from click.testing import CliRunner

from harness.cli.main import cli
from harness.cli.run import run
from harness.cli.sweep import sweep
from harness.cli.sweep_options import OF_RUN
from harness.config.difference import as_yaml, flatten
from harness.config.resolve import resolve

ASKED = ("sweep", "--method", "mbd", "--grid", "method.temperature=1,4", "--dry-run")


def test_options_of_training_are_settings_of_all_trials(monkeypatch):
    seen = []
    monkeypatch.setattr("harness.cli.sweep._carry_out", lambda asked, *rest: seen.append(asked))
    monkeypatch.setattr("harness.campaign.sweep.videos.check_videos", lambda *rest: None)
    monkeypatch.setattr("harness.campaign.sweep.carry_out.check_possible", lambda *rest: None)
    monkeypatch.setattr("harness.campaign.sweep.kept.read_state", lambda folder: None)
    given = ("--epochs", "4", "--batch-size", "6", "--micro-batch", "3", "--lr", "0.5")
    CliRunner().invoke(cli, [*ASKED[:-1], *given])
    assert set(seen[0].base.pairs) >= {
        "train.epochs=4",
        "train.batch_size=6",
        "train.micro_batch=3",
        "train.lr=0.5",
    }


@pytest.mark.parametrize("option", OF_RUN)
def test_an_option_of_the_run_alone_is_answered_by_its_setting(option):
    found = CliRunner().invoke(cli, [*ASKED, option, "x"])
    assert f"{option} is an option of 'harness run'; here it is --set {OF_RUN[option]}" in found.output
    assert option in {name for each in run.params for name in each.opts}
    assert option not in {name for each in sweep.params for name in each.opts}


def test_those_settings_are_settings():
    values = {"NAME": {"method.fusion": "average", "precision": "fp32"}, "N": {"fit.views": "2"}}
    for text in OF_RUN.values():
        key, value = text.split("=")
        wanted = values.get(value, {}).get(key, value)
        given = flatten(resolve("tiny", {"method": {"name": "mbd"}}, (f"{key}={wanted}",)).plain())
        assert as_yaml(given[key]) == wanted


def test_another_option_is_no_option():
    found = CliRunner().invoke(cli, [*ASKED, "--nonsense"])
    assert "No such option '--nonsense'" in found.output
