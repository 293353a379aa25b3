"""`harness study report` and `harness compare`."""

import json

import pytest
from click.testing import CliRunner
from support.made_records import made, save
from support.made_studies import gains, runs, written

from backbones.base.errors import UsageError
from harness.campaign.study.records import pair_file
from harness.cli.main import cli
from harness.cli.study_report import report


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("runs")
    study, sha256 = written(place / "mine.yaml", arms=["two_stream", "mbd"])
    save(runs(study, gains({"mbd": 2.0}), sha256), place)
    return place


def reported(folder, *options):
    return CliRunner().invoke(report, [str(folder / "mine.yaml"), "--out", str(folder), *options])


def compared(folder, *words):
    return CliRunner().invoke(cli, ["compare", *words, "--runs", str(folder)])


def test_the_report_of_a_study(folder):
    found = reported(folder)
    assert found.exit_code == 0, found.output
    assert "Study mine" in found.output
    assert "complete: verdicts" in found.output
    rows = json.loads(reported(folder, "--format", "json").output)["rows"]
    assert [row["word"] for row in rows if row["kind"] == "order"] == ["holds"]


@pytest.mark.parametrize(("commit", "told"), [("", "--here"), ("c" * 40, None), (None, "no study.json")])
def test_that_a_plan_was_not_committed_is_said(commit, told, tmp_path):
    """The runs have a commit all the same: that of the harness."""
    study, sha256 = written(tmp_path / "mine.yaml", arms=["two_stream", "mbd"])
    save(runs(study, gains({"mbd": 2.0}), sha256), tmp_path)
    if commit is not None:
        (tmp_path / "study.json").write_text(json.dumps({"plan_sha256": sha256, "commit": commit}))
    lines = [line for line in reported(tmp_path).output.splitlines() if "nothing shows that the plan" in line]
    assert len(lines) == (told is not None)
    assert all(told in line for line in lines)


def test_records_are_where_the_study_leaves_them(folder, tmp_path):
    """OUT/records, in one file for each pair."""
    (tmp_path / "records").mkdir()
    for text in (path.read_text() for path in sorted(folder.glob("*/record.json"))):
        with pair_file(tmp_path / "records", json.loads(text)["study"]["pair"]).open("a") as lines:
            lines.write(" ".join(text.split("\n")) + "\n")
    found = CliRunner().invoke(report, [str(folder / "mine.yaml"), "--out", str(tmp_path)])
    assert "complete: verdicts" in found.output
    other = CliRunner().invoke(report, [str(folder / "mine.yaml"), "--records", str(tmp_path / "no")])
    assert "there is no such folder of records; --out DIR names the study's folder" in str(other.exception)


def test_a_pilot_by_name(folder, tmp_path):
    pilot, sha256 = written(tmp_path / "other.yaml", arms=["two_stream", "mbd"])
    save(runs(pilot, gains({"mbd": 1.0}), sha256), tmp_path / "runs")
    options = ["--pilot", str(tmp_path / "other.yaml"), "--format", "json"]
    given = reported(folder, *options, "--pilot-records", str(tmp_path / "runs"))
    assert json.loads(given.output)["rows"][0]["power_order"] > 0.99
    assert json.loads(reported(folder, *options).output)["rows"][0]["power_order"] is None
    gone = reported(folder, "--pilot", str(tmp_path / "gone.yaml"))
    assert "there is no such plan" in str(gone.exception)


def test_a_plan_that_is_none(folder, tmp_path):
    (tmp_path / "mine.yaml").write_text("a: 1\n")
    found = CliRunner().invoke(report, [str(tmp_path / "mine.yaml"), "--out", str(folder)])
    assert found.exit_code == 1
    assert "mine.yaml" in str(found.exception)


def test_a_quick_comparison_names_both_intervals_and_gives_no_verdict(folder):
    found = compared(folder, "mbd", "two_stream")
    assert found.exit_code == 0, found.output
    lines = found.output.splitlines()
    assert lines[0] == "mbd own.top1 − two_stream own.top1: +2.00 points"
    assert lines[1] == "  ± 0.20 (95 %) over pre-trainings (8 of them)"
    second = "it takes a second joint seed of each pre-training (--pair P --seed S)"
    assert lines[2] == f"  no interval for these pre-trained streams (8 runs of each arm): {second}"
    assert lines[3].endswith(
        ", of a difference as large or larger if there were none (two-sided paired t test over pre-trainings)"
    )
    told = "to tell a difference of 1 point (--margin) from none would take about 4 pre-trainings"
    assert lines[4] == f"  {told} at this spread (80 % power)"
    fused = "each arm fused by its method's own rule; runs of the study mine"
    assert lines[6].endswith(f"10000 test videos of each run, {fused}")
    assert "verdict" in lines[-1]
    assert "holds" not in found.output
    assert "run:" not in found.output


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ("top1", "no output 'top1'; did you mean 'own.top1'? expected OUTPUT.MEASURE"),
        ("fused.top1", "no output 'fused'; did you mean 'own.top1'?"),
        ("avrage.top1", "no output 'avrage'; did you mean 'average.top1'?"),
        ("own.top3", "no measure 'top3' of own; did you mean 'top5'? expected own.top1, own.top5"),
        ("dominance.locl", "no measure 'locl' of dominance; did you mean 'local'?"),
    ],
)
def test_a_metric_that_there_is_not(folder, metric, said):
    """Not "no pair has both": every pair has."""
    found = compared(folder, "mbd", "two_stream", "--metric", metric)
    assert isinstance(found.exception, UsageError)
    assert said in str(found.exception)


def test_missing_runs_are_named_with_their_commands(folder):
    found = compared(folder, "mbd:final=false", "two_stream", "--pairs", "9")
    assert "no pre-trained pair and seed has both mbd:final=false and two_stream" in found.output
    commands = [line.strip() for line in found.output.splitlines() if line.startswith("  harness run")]
    assert commands[0].startswith("harness run --method mbd ")
    assert "--set method.final=false --seeds 9" in commands[0]
    assert commands[1].startswith("harness run --method two_stream ")
    assert "data.settings.seed" not in found.output


def test_an_interval_that_one_video_sets_is_said(tmp_path):
    """Three equal differences of 10000 videos: no spread is seen, and none of less than a video would be."""
    for seed in range(3):
        both = made({"adaptive": 72.0}, seed=seed), made({"average": 70.0}, method="two_stream", seed=seed)
        save(both, tmp_path)
    said = compared(tmp_path, "mbd", "two_stream").output.splitlines()
    each = "3 seeds from scratch, each a pre-training of its own"
    floor = "the narrowest that steps of one video (0.01 points) allow"
    assert said[1] == f"  ± 0.01 (95 %) over pre-trainings ({each}), {floor}"
    assert said[2] == "  no interval for these pre-trained streams (3 runs of each arm)"


def test_which_settings_were_taken_is_said_where_others_were_run_too(folder, tmp_path):
    """Of mbd, four runs on clips in the preset's 6 epochs, one in 3; of two_stream, one on a folder."""
    save([made({"adaptive": 72.0}, seed=seed) for seed in range(4)], tmp_path)
    save([made({"adaptive": 72.0}, "train.epochs=3")], tmp_path)
    save([made({"average": 70.0}, method="two_stream", dataset="folder")], tmp_path)
    said = compared(tmp_path, "mbd", "two_stream").output.splitlines()
    assert said[0] == "no pre-trained pair and seed has both mbd and two_stream"
    assert said[1].startswith("taken: the settings with most runs of both (localglobal standard, preset ")
    assert said[1].endswith("; there are also runs with")
    assert "  train.epochs 3, not 6: 1 run of mbd, 0 of two_stream" in said[2:4]
    (other,) = [line for line in said[2:4] if "folder" in line]
    assert other.endswith(": 0 runs of mbd, 1 of two_stream (--dataset folder)")
    tree = json.loads(compared(tmp_path, "mbd", "two_stream", "--json").output)
    rows = {(row["dataset"], row["runs_a"], row["runs_b"]): row["differs"] for row in tree["other_settings"]}
    assert rows[("localglobal", 1, 0)] == ["train.epochs 3, not 6"]
    assert set(rows) == {("localglobal", 1, 0), ("folder", 0, 1)}
    assert "taken" not in compared(folder, "mbd", "two_stream").output


def test_one_pair_has_no_p_value(tmp_path):
    save([made({"adaptive": 72.0}), made({"average": 70.0}, method="two_stream")], tmp_path)
    found = compared(tmp_path, "mbd", "two_stream")
    assert "no interval over pre-trainings (1 seed from scratch, a pre-training of its own)" in found.output
    assert "one pre-training: no p value, no spread" in found.output
    tree = json.loads(compared(tmp_path, "mbd", "two_stream", "--json").output)
    assert (tree["difference"], tree["pairs_needed"], len(tree["missing"])) == (pytest.approx(2.0), None, 2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("mbd", "mbd"), "the same arm"),
        (("mbd", "mbdd"), "unknown method 'mbdd'"),
        (("mbd", "mbd:final"), "is not key=value"),
    ],
)
def test_wrong_arms_are_one_line(folder, words, said):
    found = compared(folder, *words)
    assert found.exit_code != 0
    assert said in found.output + str(found.exception)
