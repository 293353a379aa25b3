"""What lists and plans say of a run: its start, its method's settings, how many videos tested it."""

import pytest

from harness.cli.runs_row import COLUMNS, row_of
from harness.cli.sweep_show import _on_what
from harness.config.resolve import resolve
from harness.console.console import RunConsole
from harness.files import write_json
from harness.record.folder import RunFolder

RUN = "0123456789ab"


@pytest.mark.parametrize(
    ("local", "glob", "told"),
    [(f"run:{RUN}", f"run:{RUN}", RUN), (f"run:{RUN}", "run:ba9876543210", None), (None, "imagenet", None)],
)
def test_a_run_says_which_pre_training_it_starts_from(local, glob, told, tmp_path):
    config = resolve("tiny", {"method": {"name": "mbd"}}, ()).plain()
    config["local"]["weights"], config["global"]["weights"] = local, glob
    write_json(tmp_path / RUN / "config.json", config)
    row = row_of(RunFolder(tmp_path / RUN), None)
    assert row["starts_from"] == told
    assert row.keys() == {*COLUMNS, "settings"}


def test_resolved_settings_hold_the_methods_defaults(capsys, monkeypatch):
    """MBD's weights are 0.6 and 0.4 in its paper; given ones are as given."""
    monkeypatch.setenv("COLUMNS", "400")
    RunConsole(json=False).config(resolve("tiny", {"method": {"name": "mbd"}}, ("method.kl_weight=0.7",)))
    shown = " ".join(capsys.readouterr().out.split())
    assert "kl_weight: 0.7, mse_weight: 0.4" in shown


def test_a_sweep_says_how_many_videos_stand_behind_its_numbers():
    tested = {"value": 33.3, "videos": 3, "run": RUN}
    arm = {"arm": "mbd", "chosen": {"videos": 1}, "tested": tested}
    said = f"mbd: chosen on 1 validation video, tested once, on 3 test videos, as run {RUN}"
    assert _on_what(arm) == [said]
    assert _on_what({**arm, "tested": {**tested, "value": None}}) == []
