"""Jobs of SLURM: what is submitted, how jobs end, and who is asked what. SLURM's commands are programs of
`support.fake_slurm`; submitit is the real one."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.fake_slurm import FakeSlurm
from support.places import ROOT
from support.stopping_scripts import CHECKPOINTING, DEAF

pytest.importorskip("submitit", reason="submitit is not installed (an extra)")

from backbones.base.errors import UserError
from harness.campaign.engines.chosen import Asked, place
from harness.campaign.engines.slots import Share
from harness.campaign.engines.slurm import engine as engines
from harness.campaign.engines.stop import Stop
from harness.campaign.engines.task import Task


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr(engines, "TICK", 0.02)
    monkeypatch.setattr(engines, "LOOKS", 2)
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    folder = tmp_path / "slurm"
    folder.mkdir()
    return FakeSlurm(folder, monkeypatch)


@pytest.fixture
def task(tmp_path):
    def of(name, script, tell=lambda line: None):
        return Task(name, [sys.executable, "-S", "-c", script], tmp_path / f"{name}.log", tell=tell)

    return of


@pytest.fixture
def run(tmp_path):
    """run(tasks): {task: its outcome}."""

    def of(tasks, *settings, stop=None, ready=None, **share):
        stop = stop or Stop()
        there = place(Asked("slurm", settings), Share(threads=1, **share), "cpu", tmp_path / "logs")
        with closing(there.engine.launch(ready or (lambda: tasks), stop)) as outcomes:
            return {each.name: each for each in outcomes}

    return of


def checkpointing(tmp_path):
    return CHECKPOINTING.format(kept=str(tmp_path / "checkpoint"))


def test_what_is_ready_is_one_array_and_each_task_has_its_reason(slurm, task, run, tmp_path):
    heard = []
    script = "import os; print(os.environ['OMP_NUM_THREADS'], os.getcwd())"
    tasks = [
        task("a", script, heard.append),
        task("b", "raise SystemExit('error: no such backbone')"),
        task("c", "raise SystemExit(3)"),
    ]
    settings = ("partition=gpu", "time=1-02:00:00", "licenses=mbd")
    reasons = {name: each.reason for name, each in run(tasks, *settings, memory=1.5).items()}
    assert reasons == {"a": "", "b": "no such backbone", "c": "exit code 3"}
    assert heard == [f"1 {Path.cwd()}"]
    (script,) = slurm.submissions()
    for option in (
        *("array=0-2%3", "partition=gpu", "time=1560", "licenses=mbd", "mem=1536M", "cpus-per-task=2"),
        *("signal=USR2@120", "requeue", "open-mode=append"),
    ):
        assert f"#SBATCH --{option}\n" in script
    assert "gpu" not in script.replace("--partition=gpu", ""), "a campaign on processors asks for no GPU"


def test_what_becomes_ready_is_submitted_then_and_begins_when_it_prints(slurm, tmp_path, task, run):
    said, ended = [], []
    tasks = {name: task(name, f"print({name!r})", said.append) for name in "ab"}
    tasks["a"] = Task("a", tasks["a"].command, tasks["a"].log, lambda: said.append("begun"), said.append)

    def ready():
        ended.append(len(ended))
        return [tasks["a"]] if len(ended) == 1 else [*tasks.values()]

    assert [*run([], ready=ready)] == ["a", "b"]
    assert said == ["begun", "a", "b"]
    assert ["array" in script for script in slurm.submissions()] == [False, False]


@pytest.mark.parametrize("signals", [(signal.SIGUSR2,), (signal.SIGTERM, signal.SIGUSR2)])
def test_a_job_that_is_preempted_goes_on_from_its_checkpoint(slurm, tmp_path, task, run, signals):
    heard = []

    def tell(line):
        heard.append(line)
        if line == "there":
            slurm.preempt(*signals)

    (ended,) = run([task("x", checkpointing(tmp_path), tell)]).values()
    assert (ended.reason, ended.stopped) == ("", False)
    assert heard == ["there", "went on"]
    assert (tmp_path / "checkpoint").read_text() == "whole"
    assert len(slurm.submissions()) == 1


def test_a_stop_reaches_a_job_which_ends_in_its_own_time(slurm, tmp_path, task, run):
    stop = Stop()
    tasks = [task("x", checkpointing(tmp_path), lambda line: stop.ask())]
    assert run(tasks, stop=stop)["x"].stopped
    assert (tmp_path / "checkpoint").read_text() == "whole"
    assert not slurm.queue()


def test_asked_twice_it_ends_at_once(slurm, task, run):
    stop = Stop()
    assert run([task("x", DEAF, lambda line: stop.ask())], stop=stop)["x"].stopped
    assert stop.asked == 2


def test_jobs_that_wait_leave_the_queue_when_the_campaign_stops(slurm, task, run, monkeypatch):
    """It was submitted, and SLURM has no place for it."""
    (slurm.state / "hold").touch()
    stop = Stop()
    monkeypatch.setattr(engines, "time", SimpleNamespace(sleep=lambda seconds: stop.asked or stop.ask()))
    assert run([task("x", "pass")], stop=stop)["x"].stopped
    assert not slurm.queue()


def test_where_the_caller_fails_the_job_is_asked_and_waited_for(slurm, tmp_path, task, run):
    def tell(line):
        raise KeyError(line)

    with pytest.raises(KeyError):
        run([task("x", checkpointing(tmp_path), tell)])
    assert (tmp_path / "checkpoint").read_text() == "whole"


def test_a_driver_that_comes_back_finds_its_jobs(slurm, tmp_path, task, run):
    """The first one is killed while its jobs run; nothing is submitted again."""
    ways = {name: tmp_path / f"way to {name}" for name in "ab"}
    scripts = {
        n: f"print('there', flush=True); open({str(way)!r}).read(); print('end')" for n, way in ways.items()
    }
    commands = {name: [sys.executable, "-S", "-c", script] for name, script in scripts.items()}
    for way in ways.values():
        os.mkfifo(way)
    driver = (
        "import os, pathlib, signal, sys\n"
        "from harness.campaign.engines.chosen import Asked, place\n"
        "from harness.campaign.engines.slots import Share\n"
        "from harness.campaign.engines.slurm import engine\n"
        "from harness.campaign.engines.stop import Stop\n"
        "from harness.campaign.engines.task import Task\n"
        "engine.TICK = 0.02\n"
        "die = lambda line: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"commands, folder = {commands!r}, pathlib.Path({str(tmp_path)!r})\n"
        "tasks = [Task(name, commands[name], folder / f'{name}.log', tell=die) for name in 'ab']\n"
        "there = place(Asked('slurm'), Share(threads=1), 'cpu', folder / 'logs')\n"
        "list(there.engine.launch(lambda: tasks, Stop()))\n"
    )
    assert subprocess.run([sys.executable, "-c", driver], check=False).returncode == -signal.SIGKILL
    assert len(slurm.queue()) == 2
    writers = [threading.Thread(target=lambda way=way: way.open("w").close()) for way in ways.values()]
    tasks = [task(name, script) for name, script in scripts.items()]

    def ready():  # asked when the queue has been read: what ends before that is submitted again
        while writers:
            writers.pop().start()
        return tasks

    ended = run(tasks, ready=ready)
    assert {name: each.reason for name, each in ended.items()} == {"a": "", "b": ""}
    assert len(slurm.submissions()) == 1
    assert (tmp_path / "a.log").read_text().endswith("end\n")


def test_what_sbatch_refuses_is_one_line(slurm, task, run):
    (slurm.state / "refuses").write_text("sbatch: error: invalid partition specified: gpux")
    with pytest.raises(UserError, match="invalid partition specified: gpux"):
        run([task("x", "pass")], "partition=gpux")


def test_a_job_that_was_killed_says_so(slurm, task, run):
    """As by SLURM's own killer: no exit code is left."""

    def tell(line):
        for pid in (*(path.read_text() for path in slurm.state.glob("*.pid")), line):
            os.kill(int(pid), signal.SIGKILL)

    script = "import os, signal; print(os.getpid(), flush=True); signal.pause()"
    (ended,) = run([task("x", script, tell)]).values()
    assert "left no result" in ended.reason
