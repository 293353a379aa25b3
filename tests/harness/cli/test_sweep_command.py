"""`harness sweep` as a user types it, with a runner that only writes records."""

import csv
import importlib.util
import json

import pytest
from support.fake_runner import FakeRunner

from harness.cli import sweep
from harness.cli.main import main

ARMS = ("--method", "mbd", "--method", "two_stream")
GRID = ("--grid", "train.lr=0.003,0.01,0.03")
needs_optuna = pytest.mark.skipif(
    importlib.util.find_spec("optuna") is None, reason="optuna is not installed (an extra)"
)


def top1(config):
    """mbd is best at 0.01, two_stream at 0.03 and as good at 0.01; on test videos all have 5 less."""
    by_rate = {"mbd": {0.003: 50.0, 0.01: 70.0, 0.03: 60.0}, "two_stream": {0.003: 40.0}}
    value = by_rate[config.method.name].get(config.train.lr, 65.0)
    return value - 5 * (config.test.part == "test")


@pytest.fixture
def typed(tmp_path, monkeypatch, capsys):
    """Calls `harness sweep`; gives (exit code, stdout, stderr). Its runner is `typed.runner`."""

    class Typed:
        runner = FakeRunner(tmp_path, top1=top1)
        out = tmp_path

        def __call__(self, *arguments):
            with pytest.raises(SystemExit) as stopped:
                main(["sweep", *arguments, "--out", str(tmp_path)])
            said = capsys.readouterr()
            return stopped.value.code, said.out, " ".join(said.err.split())

        def configs(self):
            return [json.loads(call) for call in self.runner.calls]

    typed = Typed()
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(sweep, "_runner", lambda *_: typed.runner)
    monkeypatch.setattr(sweep, "_timed", lambda *_: lambda run: 60.0)
    return typed


def test_each_arm_is_chosen_on_validation_and_tested_once(typed):
    code, out, _ = typed(*ARMS, *GRID, "--json")
    assert code == 0
    mbd, baseline = json.loads(out)["arms"]
    assert (mbd["chosen"]["settings"], mbd["chosen"]["value"]) == ({"train.lr": 0.01}, 70.0)
    assert (mbd["tested"]["value"], mbd["tested"]["settings"]) == (65.0, {"train.lr": 0.01})
    assert (baseline["chosen"]["number"], baseline["chosen"]["ties"]) == (2, [3])  # the earlier of equal ones
    assert [mbd[key] for key in ("finished", "failed", "least", "median", "most")] == [3, 0, 50.0, 60.0, 70.0]
    assert mbd["sd"] == pytest.approx(10.0)
    parts = [config["test"]["part"] for config in typed.configs()]
    assert parts == ["none"] + ["validation"] * 6 + ["test"] * 2  # the pre-training first


def test_the_result_is_kept_beside_the_runs(typed):
    _, out, _ = typed(*ARMS, *GRID, "--json")
    (folder,) = (typed.out / "sweeps").iterdir()
    kept = json.loads((folder / "sweep.json").read_text())
    assert len(kept.pop("seal")) == 64
    assert kept == json.loads(out)
    with (folder / "trials.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert [(row["arm"], row["train.lr"], row["value"]) for row in rows[:2]] == [
        ("mbd", "0.003", "50.0"),
        ("two_stream", "0.003", "40.0"),
    ]


def test_runs_that_are_there_are_not_made_again(typed):
    typed(*ARMS, *GRID)
    made = len(typed.runner.calls)
    assert typed(*ARMS, *GRID)[0] == 0
    assert len(typed.runner.calls) == made
    typed(*ARMS, "--grid", "train.lr=0.01,0.03")  # another sweep over some of the same runs
    assert len(typed.runner.calls) == made


def test_a_stop_ends_it_and_it_goes_on(typed):
    typed.runner.stops_at = 4
    assert typed(*ARMS, *GRID)[0] == 130
    typed.runner.stops_at = None
    code, out, _ = typed(*ARMS, *GRID, "--json")
    assert code == 0
    assert len(typed.runner.calls) == 9 + 1
    assert json.loads(out)["arms"][0]["chosen"]["number"] == 2


def test_a_trial_that_fails_is_named_counted_and_kept(typed):
    typed.runner.fails = {"mbd, train.lr=0.01, seed 0": "training is not finite any more"}
    code, out, _ = typed(*ARMS, *GRID)
    assert code == 1
    assert "failed: mbd, trial 2: training is not finite any more" in out
    assert "mbd: 2 of 3 trials are finished" in out
    typed.runner.fails = {}
    code, out, _ = typed(*ARMS, *GRID, "--json")  # the choice stands
    mbd = json.loads(out)["arms"][0]
    assert (code, mbd["failed"], mbd["chosen"]["number"]) == (1, 1, 3)
    code, out, err = typed(*ARMS, *GRID, "--retry", "--json")
    assert code == 0
    assert "trial 2 is now the best, and trial 3 was tested before it" in err
    assert json.loads(out)["arms"][0]["chosen"]["number"] == 2
    assert [(each["arm"], each["number"]) for each in json.loads(out)["tests"]] == [
        ("mbd", 3),
        ("two_stream", 2),
        ("mbd", 2),
    ]


@pytest.mark.parametrize("killed", ["mbd, train.lr=0.01, seed 0", "pre-training of both streams, seed 0"])
def test_a_trial_that_was_killed_is_made_by_the_same_command_and_nothing_is_chosen_before(typed, killed):
    """It counted as failed: the choice was made without it, and tested."""
    typed.runner.kills = {killed}
    code, out, _ = typed(*ARMS, *GRID, "--json")
    found = json.loads(out)
    assert (code, found["tests"]) == (1, [])
    assert [(arm["chosen"], arm["failed"]) for arm in found["arms"]] == [(None, 0)] * 2
    code, out, _ = typed(*ARMS, *GRID)
    assert "ended from outside: mbd, trial 2" in out
    assert "the same command makes it; nothing is chosen before" in out
    typed.runner.kills = set()
    code, out, _ = typed(*ARMS, *GRID, "--json")
    assert code == 0
    assert [arm["chosen"]["number"] for arm in json.loads(out)["arms"]] == [2, 2]
    assert [each["number"] for each in json.loads(out)["tests"]] == [2, 2], "tested once each"


def test_a_test_that_was_killed_is_made_by_the_same_command(typed):
    made = typed.runner.task

    def kill_tests(run):
        if run.config.test.part == "test":
            typed.runner.kills.add(run.label())
        return made(run)

    typed.runner.task = kill_tests
    code, out, _ = typed(*ARMS, *GRID)
    assert code == 1
    assert "ended from outside: two_stream, trial 2" in out
    typed.runner.task, typed.runner.kills = made, set()
    code, out, _ = typed(*ARMS, *GRID, "--json")
    assert code == 0
    assert [each["value"] for each in json.loads(out)["tests"]] == [65.0, 60.0]


def test_an_arm_whose_trials_all_fail_is_not_tested(typed):
    typed.runner.fails = {f"mbd, train.lr={lr}, seed 0": "no" for lr in ("0.003", "0.01", "0.03")}
    code, out, _ = typed(*ARMS, *GRID, "--json")
    mbd, baseline = json.loads(out)["arms"]
    assert (code, mbd["chosen"], mbd["tested"], mbd["failed"]) == (1, None, None, 3)
    assert baseline["tested"]["value"] == 60.0


def test_a_dry_run_shows_trials_and_hours(typed):
    code, out, _ = typed(*ARMS, *GRID, "--dry-run")
    assert code == 0
    assert "2 arms, 3 trials each, then one test of each arm's choice; 9 runs are missing" in out
    assert "about 9 min 00 s, by a timed step on this machine" in out
    assert not typed.runner.calls
    assert not list(typed.out.iterdir())
    plan = json.loads(typed(*ARMS, *GRID, "--dry-run", "--json")[1])
    assert plan["seconds"] == 9 * 60.0
    assert [trial["settings"] for trial in plan["trials"][::2]] == [
        {"train.lr": 0.003},
        {"train.lr": 0.01},
        {"train.lr": 0.03},
    ]


def test_videos_kept_for_the_choice_are_trained_on_before_the_test(typed, monkeypatch):
    monkeypatch.setattr("harness.campaign.sweep.videos.check_videos", lambda *_: None)  # there are none
    kept = ("--dataset", "ucf101", "--data-root", "x", "--set", "data.validation=0.2")
    assert typed("--method", "mbd", *GRID, *kept)[0] == 0
    shares = {config["test"]["part"]: config["data"]["validation"] for config in typed.configs()}
    assert (shares["validation"], shares["test"]) == (0.2, 0.0)


def test_arms_may_have_settings_and_axes_of_their_own(typed):
    arms = ("--method", "mbd:final=false", "--method", "two_stream")
    axes = ("--grid", "mbd:final=false:method.temperature=1,4", "--grid", "two_stream:train.lr=0.01,0.03")
    code, out, _ = typed(*arms, *axes, "--json")
    assert code == 0
    trials = json.loads(out)["trials"]
    assert [(each["arm"], each["settings"]) for each in trials] == [
        ("mbd, final=false", {"method.temperature": 1}),
        ("two_stream", {"train.lr": 0.01}),
        ("mbd, final=false", {"method.temperature": 4}),
        ("two_stream", {"train.lr": 0.03}),
    ]


def test_a_configuration_file_is_laid_over_its_preset(typed, tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text("extends: tiny\nmethod: {name: mbd}\ntrain: {epochs: 2}\n")
    assert typed(*ARMS, *GRID, "--config", str(file))[0] == 0
    assert {config["train"]["epochs"] for config in typed.configs()[1:]} == {2}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (GRID, "Missing option '--method'"),
        (ARMS, "give --grid"),
        ((*ARMS, *GRID, "--space", "x", "--trials", "1"), "give --grid"),
        ((*ARMS, *GRID, "--trials", "3"), "--space FILE and --trials N belong together"),
        ((*ARMS, "--method", "mbd", *GRID), "one arm is given twice"),
        (("--method", "mdb", *GRID), "did you mean 'mbd'"),
        ((*ARMS, "--grid", "train.lrr=1,2"), "did you mean 'train.lr'"),
        ((*ARMS, "--grid", "train.lr=0.1,-1"), "mbd, trial 2: train.lr: got -1"),
        ((*ARMS, *GRID, "--dataset", "ucf101", "--data-root", "x"), "no validation videos to choose by"),
        ((*ARMS, *GRID, "--set", "data.validation=0.2"), "localglobal has videos of its own for that"),
        ((*ARMS, *GRID, "--set", "test.part=test"), "--set test.part=test: a sweep tests"),
        ((*ARMS, *GRID, "--set", "pretraining.both.train.epochs=1"), "leave it out"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(typed, arguments, words):
    code, out, err = typed(*arguments)
    assert code == 2
    assert words in err
    assert not out
    assert not typed.runner.calls


def test_a_metric_that_records_lack_ends_it(typed):
    code, _, err = typed(*ARMS, *GRID, "--metric", "own.top9")
    assert code == 2
    assert "--metric own.top9: run" in err


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"trials": 3, "tests": []}', '{"trials": [{}], "tests": []}', None]
)
def test_a_file_that_no_sweep_left_is_said(typed, text):
    typed(*ARMS, *GRID)
    (file,) = typed.out.glob("sweeps/*/sweep.json")
    changed = file.read_text().replace('"train.lr": 0.0', '"train.lr": 0.9')
    file.write_text(changed if text is None else text)
    code, _, err = typed(*ARMS, *GRID)
    assert code == 1
    assert "is not what a sweep left" in err
    assert ("changed afterwards" in err) == (text is None)


@needs_optuna
def test_trials_drawn_from_a_space_go_on_after_a_stop(typed, tmp_path):
    space = tmp_path / "space.yaml"
    space.write_text(
        "train.lr: {float: [0.001, 0.1], log: true}\n"
        "arms: {mbd: {method.temperature: {choice: [1, 2, 4, 8, 16]}}}\n"
    )
    asked = (*ARMS, "--space", str(space), "--trials", "4", "--json")
    typed.runner.stops_at = 6
    assert typed(*asked)[0] == 130
    (file,) = typed.out.glob("sweeps/*/sweep.json")
    begun = json.loads(file.read_text())["trials"]
    typed.runner.stops_at = None
    code, out, _ = typed(*asked)
    trials = json.loads(out)["trials"]
    assert code == 0
    assert [each["settings"] for each in trials[: len(begun)]] == [each["settings"] for each in begun]
    assert [each["number"] for each in trials] == [1, 1, 2, 2, 3, 3, 4, 4]
    whole = [each["settings"] for each in trials]
    file.unlink()  # what is drawn follows from the seed and the runs
    assert [each["settings"] for each in json.loads(typed(*asked)[1])["trials"]] == whole


def test_given_weights_choose_the_preset_that_a_run_takes(typed, tmp_path):
    """And are those of every trial."""
    for number in range(22):  # two classes; what nobody decodes need be no video
        path = tmp_path / "videos" / ("test" if number < 2 else "train") / "ab"[number % 2] / f"{number}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"no video %d" % number)
    root = str(tmp_path / "videos")
    given = ("--dataset", "folder", "--data-root", root, "--weights-global", "imagenet")
    code, out, err = typed("--method", "two_stream", "--grid", "train.lr=0.001", *given, "--dry-run")
    assert code == 0
    assert "preset finetune, since trained weights are given for real videos" in out + err
    typed("--method", "two_stream", "--grid", "train.lr=0.001", *given)
    found = [
        (each["preset"], each["global"]["weights"], each["data"]["validation"]) for each in typed.configs()
    ]
    assert found == [("finetune", "imagenet", 0.2), ("finetune", "imagenet", 0.0)]


def test_published_weights_of_narrow_networks_are_refused_before_any_trial(typed, tmp_path):
    given = ["--preset", "tiny", "--dataset", "folder", "--data-root", str(tmp_path)]
    given += ["--set", "data.validation=0.2"]
    network = ("--global-backbone", "vtn:efficientnet_lite0", "--weights-global", "imagenet")
    code, _, err = typed("--method", "two_stream", "--grid", "train.lr=0.001", *given, *network)
    assert code == 2
    assert "give --set global.width=1" in err
