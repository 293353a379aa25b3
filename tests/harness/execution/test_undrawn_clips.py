"""A dry run makes no clips: it counts those that are not there, and the run's id follows from them."""

import json

from click.testing import CliRunner

from harness.cli.main import cli
from harness.data.sets import localglobal
from harness.data.sets.localglobal import encode

FEW = [f"data.{part}_per_class=1" for part in ("train", "fit", "test")]
SETTINGS = (*FEW, "local.width=0.125", "global.width=0.125")


def dry(*more):
    words = [word for pair in SETTINGS for word in ("--set", pair)]
    done = CliRunner().invoke(
        cli, ["run", "--method", "two_stream", "--from-scratch", "--dry-run", "--json", *words, *more]
    )
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout), done.stderr


def test_nothing_is_drawn_and_the_clips_are_counted(tmp_path, monkeypatch, no_costs):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    plan, said = dry()
    assert list(tmp_path.iterdir()) == []
    assert (plan["run"], plan["folder"], plan["undrawn"]) == (None, None, 3 * 16)  # of 16 classes
    assert plan["drawing_s"] > 0
    assert plan["found"]["train"] == 16
    assert "its id follows from the clips, which are not drawn yet" in said
    assert "drawing the 48 clips that are not there yet about" in said


def test_clips_that_are_there_name_the_run(tmp_path, monkeypatch, no_costs):
    monkeypatch.chdir(tmp_path)
    made = [word for pair in FEW for word in ("--set", pair)]
    done = CliRunner().invoke(cli, ["data", "make", "clips", *made])
    assert done.exit_code == 0, done.output
    plan, said = dry("--data-root", "clips")
    assert plan["undrawn"] == 16  # those that fusion rules are fitted on, which no other tool needs
    plan, said = dry("--data-root", "clips", "--set", "fit.rules=own")  # the average learns nothing
    assert (plan["undrawn"], plan["drawing_s"]) == (0, 0.0)
    assert f"run {plan['run']}" in said
    assert "drawing" not in said


def test_the_time_of_drawing_is_that_of_one_clip_shared_out_over_processes(tmp_path, monkeypatch):
    monkeypatch.setattr(encode, "seconds_of", lambda clip: 0.5)
    few = {"train_per_class": 2, "test_per_class": 1}
    found = localglobal.index(tmp_path / "none", workers=4, draw=False, **few)
    assert (found.undrawn, found.drawing_s) == (48, 6.0)  # 16 · 3 clips of half a second each, four at a time
    assert found.fingerprint == ""
