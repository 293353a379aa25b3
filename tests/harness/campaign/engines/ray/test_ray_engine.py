"""Tasks of Ray: how they end, a node that is lost, a stop. The cluster is a real one, on this machine."""

import os
import signal
import sys
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest
from support.places import ROOT
from support.ray_cluster import ray_cluster
from support.stopping_scripts import CHECKPOINTING, DEAF

from backbones.base.errors import UserError
from harness.campaign.engines.chosen import Asked, place
from harness.campaign.engines.ray import engine as engines
from harness.campaign.engines.slots import Share
from harness.campaign.engines.stop import Stop
from harness.campaign.engines.task import Task

# Not imported to find out: Ray reads its settings then.
pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed (an extra)")


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    with ray_cluster(tmp_path_factory.mktemp("ray"), 2) as there:
        yield there


@pytest.fixture
def run(nodes, tmp_path, monkeypatch):
    """run(tasks): {task: its outcome}."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    monkeypatch.setattr(engines, "TICK", 0.05)

    def of(tasks, stop=None, cpus=1, **share):
        stop, asked = stop or Stop(), (f"address={nodes.address}", f"cpus={cpus}")
        there = place(Asked("ray", asked), Share(threads=3, **share), "cpu", tmp_path)
        with stop.listening(), closing(there.engine.launch(lambda: tasks, stop)) as outcomes:
            return {each.name: each for each in outcomes}

    return of


@pytest.fixture
def task(tmp_path):
    def of(name, script, tell=lambda line: None):
        return Task(name, [sys.executable, "-S", "-c", script], tmp_path / f"{name}.log", tell=tell)

    return of


def test_tasks_end_with_their_reasons_and_have_their_threads(run, task):
    heard = []
    script = "import os; print(os.environ['OMP_NUM_THREADS'], os.getcwd())"
    tasks = [task("a", script, heard.append), task("b", "raise SystemExit('error: no such backbone')")]
    tasks += [task("c", "raise SystemExit(3)")]
    reasons = {name: each.reason for name, each in run(tasks).items()}
    assert reasons == {"a": "", "b": "no such backbone", "c": "exit code 3"}
    assert heard == [f"3 {Path.cwd()}"]


def test_a_task_whose_node_is_lost_goes_on_elsewhere(run, task, nodes, tmp_path, capsys):
    """Its first start would never end; its second one finds the file that the first one left. Ray's own words
    of it would stand in the command's output."""
    script = (
        "import pathlib, signal; file = pathlib.Path({!r}); again = file.exists(); file.touch()\n"
        "print(again, flush=True)\n"
        "again or signal.pause()\n"
    )
    heard = []

    def tell(line):
        heard.append(line)
        if line == "False":
            nodes.kill_a_busy_one()

    (ended,) = run([task("x", script.format(str(tmp_path / "file")), tell)]).values()
    assert (ended.reason, heard) == ("", ["False", "True"])
    assert capsys.readouterr().out == ""
    nodes.add()


def test_a_stop_reaches_all_and_is_waited_for(run, task, tmp_path):
    stop, heard = Stop(), []

    def tell(line):
        heard.append(line)
        if len(heard) == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    tasks = [task(name, CHECKPOINTING.format(kept=str(tmp_path / name)), tell) for name in "abc"]
    ended = run(tasks, stop=stop, jobs=2)
    assert {name: each.stopped for name, each in ended.items()} == {"a": True, "b": True}
    assert stop.asked == 1
    assert [(tmp_path / name).read_text() for name in "ab"] == ["whole"] * 2


def test_asked_twice_it_ends_at_once(run, task):
    stop = Stop()
    assert run([task("x", DEAF, lambda line: stop.ask())], stop=stop)["x"].stopped


def test_where_the_caller_fails_the_task_is_asked_and_waited_for(run, task, tmp_path):
    def tell(line):
        raise KeyError(line)

    with pytest.raises(KeyError):
        run([task("x", CHECKPOINTING.format(kept=str(tmp_path / "x")), tell)])
    assert (tmp_path / "x").read_text() == "whole"


def test_a_node_that_shares_no_disk_is_named(run, task, monkeypatch):
    monkeypatch.setattr(engines, "write_text", lambda path, text: None)
    with pytest.raises(UserError, match=rf"node {os.uname().nodename} of the Ray cluster does not see /"):
        run([task("x", "pass")])


def test_what_no_node_has_is_not_waited_for(run, task):
    with pytest.raises(UserError, match="no node of the Ray cluster has 64 CPUs and 0 GPUs"):
        run([task("x", "pass")], cpus=64)
