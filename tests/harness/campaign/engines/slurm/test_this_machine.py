"""Jobs of submitit's own executor of this machine: to try SLURM's engine where there is no SLURM."""

import os
import signal
import sys
from contextlib import closing

import pytest
from support.places import ROOT

pytest.importorskip("submitit", reason="submitit is not installed (an extra)")

from harness.campaign.engines.chosen import Asked, place
from harness.campaign.engines.slots import Share
from harness.campaign.engines.slurm import engine as engines
from harness.campaign.engines.stop import Stop
from harness.campaign.engines.task import Task

# It writes down who waits for it, on that machine a process of submitit.
SCRIPT = (
    "import os, pathlib, signal, sys\n"
    "kept = pathlib.Path({kept!r})\n"
    "if kept.exists(): print('went on'); sys.exit()\n"
    "def stop(*_): kept.write_text('whole'); sys.exit(130)\n"
    "signal.signal(signal.SIGTERM, stop); print('job', os.getppid(), flush=True)\n"
    "while True: signal.pause()\n"
)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """run(number, tell): the outcomes of so many tasks, one after the other."""
    monkeypatch.setattr(engines, "TICK", 0.02)
    monkeypatch.setattr(engines, "LOOKS", 1)
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    engine = place(Asked("slurm", ["cluster=local"]), Share(threads=1), "cpu", tmp_path / "logs").engine

    def of(number, tell, stop):
        tasks = []
        for name in map(str, range(number)):
            script = SCRIPT.format(kept=str(tmp_path / f"{name}.kept"))
            tasks.append(
                Task(name, [sys.executable, "-S", "-c", script], tmp_path / f"{name}.log", tell=tell)
            )
        with stop.listening(), closing(engine.launch(lambda: tasks, stop)) as outcomes:
            return [*outcomes]

    return of


def test_jobs_that_are_preempted_go_on_one_after_the_other(run, tmp_path):
    heard = []

    def tell(line):
        heard.append(line.split()[0])
        if line.startswith("job "):
            os.kill(int(line.split()[1]), signal.SIGUSR2)

    ended = run(2, tell, Stop())
    assert [(each.name, each.reason, each.stopped) for each in ended] == [("0", "", False), ("1", "", False)]
    assert heard == ["job", "went", "job", "went"]
    assert (tmp_path / "1.kept").read_text() == "whole"


def test_a_stop_is_waited_for(run, tmp_path):
    stop = Stop()
    (ended,) = run(1, lambda line: os.kill(os.getpid(), signal.SIGTERM), stop)
    assert (ended.stopped, stop.asked) == (True, 1)
    assert (tmp_path / "0.kept").read_text() == "whole"
