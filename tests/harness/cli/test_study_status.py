"""`harness study status`, `pair` and `run`: what is made, what is left, and what is refused."""

import json
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from support.made_records import with_its_id
from support.made_studies import gains
from support.made_studies import runs as made_runs
from support.plugin_files import EXAMPLES, taken_out

from harness.campaign.engines.task import Outcome
from harness.campaign.study.plan import read_plan
from harness.campaign.study.records import pair_file
from harness.campaign.study.tasks import PRETRAINING
from harness.cli.main import cli

LAUNCH = "harness.campaign.engines.local.Local.launch"
PLAN = {"arms": ["two_stream", "mbd"], "dataset": "localglobal", "preset": "tiny", "pairs": 2}


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A plan of six runs, and its records."""
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(yaml.safe_dump({**PLAN, "seeds": {1: "all", 2: 1}}))
    plan, sha256 = read_plan(Path("mine.yaml"))
    return [record.model_dump(mode="json") for record in made_runs(plan, gains({}), sha256)]


def kept(records, pair):
    path = pair_file(Path("studies/mine/records"), pair)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(each) + "\n" for each in records))


def call(*words):
    return CliRunner().invoke(cli, ["study", *words], catch_exceptions=False)


def status():
    return json.loads(call("status", "mine.yaml", "--json").output)


def test_nothing_is_made_yet(study):
    found = status()
    assert (found["runs"], found["made"], found["pairs_made"], found["seconds_left"]) == (6, 0, 0, None)
    assert "0 of 6 runs, 0 of 2 pairs whole" in call("status", "mine.yaml").output
    said = call("status", "mine.yaml").output
    assert "unknown: no run is made yet" in said
    assert "no record in studies/mine/records (--records DIR for another folder)" in said
    assert said.endswith(
        "; next: commit mine.yaml (a pilot is not committed, but run with --here), then harness study run "
        "mine.yaml\n"
    )


def test_numbers_by_hand(study):
    """The whole first pair and one run of the second: five runs of 100 + 20 s and two pre-trainings of 300 s
    were 1200 s, 240 a run; one is left."""
    for record in study:
        record["timings"] |= {"train_s": 100.0, "test_s": 20.0}
    before = [
        {**run, "metrics": None, "config": {**run["config"], "seed": 1000 + n}}
        for n, run in enumerate((study[0], study[4]))
    ]
    before = [with_its_id({**run, "study": {**run["study"], "arm": PRETRAINING}}) for run in before]
    for record in before:
        record["timings"] = {**record["timings"], "train_s": 300.0, "test_s": 0.0}
    kept([before[0], *study[:4]], 0)
    kept([before[1], study[4]], 1)
    found = status()
    assert (found["runs"], found["made"], found["pairs"], found["pairs_made"]) == (6, 5, 2, 1)
    assert found["seconds_left"] == pytest.approx((5 * 120 + 2 * 300) / 5)
    said = call("status", "mine.yaml").output
    assert "4m" in said or "4 min" in said
    assert said.endswith("then harness study run mine.yaml makes the rest\n")
    told = "10.0 minutes of training and testing in 5 joint runs, 10.0 minutes in 2 pre-trainings before them"
    assert told in call("report", "mine.yaml").output


@pytest.mark.parametrize(("commit", "more"), [("", " --here"), ("ab" * 20, "")])
def test_the_next_command_is_given_what_this_one_was(study, commit, more, monkeypatch):
    """Plug-ins and folders; a study that began with the code as it stands goes on with it."""
    kept(study[:4], 0)
    begun = {"plan_sha256": read_plan(Path("mine.yaml"))[1], "commit": commit}
    Path("studies/mine/records/study.json").write_text(json.dumps(begun))
    shutil.copy(EXAMPLES / "one_way.py", "my way.py")
    places = ("--records", "studies/mine/records", "--plugin", "my way.py")
    with taken_out():
        said = call("status", "mine.yaml", *places).output.splitlines()[-1]
        next_one = "harness study run mine.yaml --records studies/mine/records --plugin 'my way.py'" + more
        assert said == f"next: {next_one} makes the rest"
        kept(study[4:], 1)
        monkeypatch.setattr("harness.campaign.study.code.checkout", lambda commit, folder: folder)
        assert call("run", "mine.yaml", *places).output.splitlines()[-1] == (
            "complete: 'harness study report mine.yaml --records studies/mine/records --plugin 'my way.py''"
        )


def test_a_data_set_on_the_disk_is_named_in_the_next_command(study):
    Path("mine.yaml").write_text(yaml.safe_dump({**PLAN, "dataset": "ucf101", "preset": "paper"}))
    assert "harness study run mine.yaml --data-root DIR\n" in call("status", "mine.yaml").output


def test_a_whole_study_has_nothing_left(study):
    kept(study[:4], 0)
    kept(study[4:], 1)
    assert (status()["made"], status()["pairs_made"], status()["seconds_left"]) == (6, 2, 0)
    said = call("status", "mine.yaml").output
    assert "time left" not in said
    assert said.endswith("next: harness study report mine.yaml\n")


def test_what_the_report_leaves_out_is_said(study):
    """A line that reads as JSON, with an arm and a joint seed, but is no record of its id."""
    kept(study[4:], 1)
    study[1]["config"]["train"]["lr"] = 0.5
    kept(study[:4], 0)
    (line,) = status()["left_out"]
    assert "pair-000.jsonl, line 2, is of run" in line
    assert f"the report leaves out: {line}" in call("status", "mine.yaml").output


def test_a_damaged_line_is_left_out_as_in_the_report(study):
    kept(study[:4], 0)
    kept(study[4:], 1)
    path = pair_file(Path("studies/mine/records"), 1)
    path.write_text(path.read_text() + '{"id": \n')
    kept(study[:3], 0)
    for words in (("status", "mine.yaml"), ("report", "mine.yaml")):
        done = call(*words)
        assert done.exit_code == 0
        assert "pair-001.jsonl, line 3, is not a readable record" in done.output
        assert "5 of 6 runs" in done.output


def test_no_result_is_told(study):
    kept(study[:4], 0)
    shown = call("status", "mine.yaml").output
    assert "%" not in shown
    assert "70" not in shown.replace(read_plan(Path("mine.yaml"))[1][:12], "")


def test_a_pair_that_the_plan_has_not_is_said(study):
    done = CliRunner().invoke(cli, ["study", "pair", "mine.yaml", "2"])
    assert done.exit_code == 2
    assert "the plan has pairs 0 to 1; got 2" in done.output


def test_a_study_whose_runs_are_all_kept_starts_no_process(study, monkeypatch):
    kept(study[:4], 0)
    kept(study[4:], 1)
    left = Path("studies/mine/runs") / study[0]["id"]  # by a process that was killed while it deleted weights
    left.mkdir(parents=True)
    (left / "record.json").write_text(json.dumps(study[0]))
    (left / "checkpoint.pt").touch()

    def launch(engine, ready, stop):
        assert not ready(), "a pair was begun"
        yield from ()

    monkeypatch.setattr(LAUNCH, launch)
    done = call("run", "mine.yaml", "--here")
    assert done.exit_code == 0, done.output
    assert "0 of 6 runs are missing; code as it stands (--here)" in done.output
    assert "complete: 'harness study report mine.yaml" in done.output
    assert [path.name for path in left.iterdir()] == ["record.json"]


@pytest.fixture
def launched(monkeypatch):
    """What was launched, in the place of processes: [(slots, task)]."""
    seen = []

    def launch(engine, ready, stop):
        for task in ready():
            seen.append((engine.slots, task))
            yield Outcome(task.name)

    monkeypatch.setattr(LAUNCH, launch)
    return seen


def test_pairs_are_made_one_after_the_other_with_the_plans_threads(study, launched):
    """Only those that miss a run; one that fails does not stop the next, and what counts is the record."""
    Path("mine.yaml").write_text(yaml.safe_dump({**PLAN, "threads": 3}))
    done = CliRunner().invoke(cli, ["study", "run", "mine.yaml", "--here"])
    started = [
        (task.command[task.command.index("pair") + 2], len(slots), slots[0].env["OMP_NUM_THREADS"], task.name)
        for slots, task in launched
    ]
    assert started == [("0", 1, "3", "pair-000"), ("1", 1, "3", "pair-001")]
    assert done.exit_code == 1
    assert "pair 1: it ended, and runs of it are missing" in done.output
    assert "4 runs are missing" in done.output


def test_pairs_are_made_at_the_same_time_on_request(study, launched, monkeypatch):
    """The cores are shared out: of 8, four pairs leave each one to compute and one to decode."""
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    CliRunner().invoke(cli, ["study", "run", "mine.yaml", "--here", "--jobs", "4"])
    assert len(launched) == 2
    for slots, task in launched:
        assert len(slots) == 4
        assert task.command[task.command.index("--workers") + 1] == "1"


def test_printed_commands_do_what_would_be_done(study, launched, monkeypatch, tmp_path):
    """Only those of pairs that are not whole. A shell in another folder runs each; Python is a script."""
    kept(study[:4], 0)
    fake = tmp_path / "my python"
    fake.write_text('#!/bin/sh\necho "$OMP_NUM_THREADS $PWD $*"\n')
    fake.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(fake))
    shown = call("run", "mine.yaml", "--here", "--print")
    assert not launched
    *comments, command = shown.output.splitlines()
    assert all(each.startswith("# ") for each in comments)
    assert comments[-1] == "# pair 1: 2 runs, after their pre-training; waits for no other command"
    subprocess.run(["sh", "-c", command], cwd="/", check=True)
    CliRunner().invoke(cli, ["study", "run", "mine.yaml", "--here"])
    ((_, task),) = launched
    assert task.log.read_text() == f"2 {tmp_path} {' '.join(task.command[1:])}\n"


def test_a_pair_that_another_process_makes_is_waited_for(study, monkeypatch):
    """As the one that a killed campaign left behind: what it made is not made again."""

    @contextmanager
    def held(path, wait):
        if not wait:
            raise BlockingIOError
        kept(study[:4], 0)
        yield

    monkeypatch.setattr("harness.lock.locked", held)
    done = call("pair", "mine.yaml", "0")
    assert done.exit_code == 0
    assert "pair 0 is being made by another process; waiting for it" in done.output


def test_a_plan_that_is_not_committed_begins_nothing(study, monkeypatch, tmp_path):
    """Which is said before plug-ins are loaded: this one would fail."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    Path("slow.py").write_text("raise AssertionError")
    done = CliRunner().invoke(cli, ["study", "run", "--plugin", "slow.py", "mine.yaml"])
    assert "is in no git repository: a plan is committed before its runs" in str(done.exception)
    done = CliRunner().invoke(cli, ["study", "run", "--plugin", "slow.py", "mine.yaml", "--here"])
    assert "plug-in slow.py cannot be loaded" in str(done.exception)


def test_what_was_begun_is_said_before_anything_is_made(study):
    """After a stop in the first pre-training its checkpoint is there, though no run is."""
    run = Path("studies/mine/runs") / study[0]["id"]
    run.mkdir(parents=True)
    (run / "config.json").write_text(json.dumps(study[0]["config"]))
    said = call("status", "mine.yaml").output
    assert "0 of 6 runs, 0 of 2 pairs whole\n1 run begun (or stopped: " in said
    (run / "record.json").write_text(json.dumps(study[0]))
    assert "begun" not in call("status", "mine.yaml").output
