"""Campaigns through a store, on this machine: what goes there, what comes home, what is lost with a process.

The processes are scripts in the place of runs: they leave what a run leaves.
"""

import json
import os
import signal
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import pytest
from support.made_records import made, save
from support.places import ROOT
from support.stopping_scripts import PAIR, TRAINING
from support.stores import stored
from support.waiting import until

from backbones.base.errors import UserError
from harness.campaign.engines import carried, through
from harness.campaign.engines.local import Local, Slot
from harness.campaign.engines.stop import Stop
from harness.campaign.engines.task import Task
from harness.campaign.store.folders import fetch, listed
from harness.campaign.store.home import fetch_whole, has_weights
from harness.campaign.store.place import opened
from harness.record.folder import RunFolder

RUN, SOURCE = (made({"average": 60.0}, seed=seed).id for seed in (0, 1))
EARLIER, LATER = sorted((RUN, SOURCE))  # the order in which folders are looked at


@pytest.fixture
def store(tmp_path):
    return opened(f"{tmp_path}/store")


@pytest.fixture
def record(tmp_path):
    """The file of a record of the run."""
    save([made({"average": 60.0})], tmp_path / "made")
    return tmp_path / "made" / RUN / "record.json"


@pytest.fixture
def campaign(store, tmp_path, monkeypatch):
    """campaign(task, …): {task: its outcome}. allow(step): lets the scripts go on."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    (tmp_path / "allowed").mkdir()

    class Campaign:
        home = tmp_path / "home"

        def allow(self, *steps):
            for step in steps:
                (tmp_path / "allowed" / str(step)).touch()

        def task(
            self,
            name="x",
            script=TRAINING,
            record=tmp_path / RUN / "record.json",
            tell=lambda line: None,
            needs=(),
        ):
            words = ["--out", str(self.home), str(tmp_path / "allowed"), str(record)]
            log = tmp_path / f"{name}.log"
            return Task(name, [sys.executable, "-S", "-c", script, *words], log, tell=tell, needs=needs)

        def __call__(self, *tasks, stop=None, code=""):
            engine = through.Through(Local([Slot()] * 2), store, self.home, self.home, through.nobody, code)
            stop = stop or Stop()
            with stop.listening(), closing(engine.launch(lambda: tasks, stop)) as outcomes:
                return {each.name: each for each in outcomes}

    return Campaign()


def test_the_record_comes_home_and_the_large_files_when_they_are_asked_for(campaign, store, record):
    campaign.allow(1, 2, 3)
    heard = []
    ended = campaign(campaign.task(record=record, tell=heard.append))["x"]
    assert (ended.reason, ended.lost) == ("", False)
    run = RunFolder(campaign.home / RUN)
    assert run.finished
    assert not run.checkpoint.exists()
    assert not run.outputs.exists()
    assert run.kept_in(run.checkpoint) == store.url
    assert "step 3" in heard
    assert fetch_whole(store, RUN[:4], campaign.home) == run.path
    assert (run.checkpoint.read_text(), run.outputs.read_text()) == ("3", "outputs")
    assert run.kept_in(run.checkpoint) == ""


def test_a_machine_that_is_lost_costs_what_lies_after_its_checkpoint(campaign, store, record):
    """What the process that is killed had started ends with it. Its folder stays behind, of which the next
    one knows nothing."""
    campaign.allow(1)
    heard = []

    def tell(line):
        heard.append(line)
        if line == "step 2":
            until(lambda: stored(store, f"runs/{RUN}", "checkpoint.pt") == b"2")
            (carrier,) = processes("carry", str(campaign.home))
            os.kill(carrier, signal.SIGKILL)

    ended = campaign(campaign.task(record=record, tell=tell))["x"]
    assert ended.lost
    until(lambda: not processes(str(campaign.home.parent / "allowed")))
    campaign.allow(2, 3)
    assert campaign(campaign.task(record=record, tell=heard.append))["x"].reason == ""
    assert [line for line in heard if line.startswith(("from", "step"))] == [
        *(f"from 0 ['{RUN}']", "step 1", "step 2"),
        *(f"from 2 ['{RUN}']", "step 3"),
    ]
    assert RunFolder(campaign.home / RUN).finished


def processes(*words):
    """Whose command lines have all of these words."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if {*words} <= {*path.read_bytes().decode(errors="replace").split("\0")}:
                found.append(int(path.parent.name))
    return found


def test_a_stop_is_passed_on_and_waited_for(campaign, store):
    campaign.allow(1)
    stop = Stop()

    def tell(line):
        if line == "step 2":
            stop.ask()

    assert campaign(campaign.task(tell=tell), stop=stop)["x"].stopped
    assert stored(store, f"runs/{RUN}", "checkpoint.pt") == b"2"
    assert not campaign.home.exists()


def test_what_a_run_starts_from_is_fetched_and_put_where_the_store_lacks_it(campaign, store):
    source = campaign.home / SOURCE
    source.mkdir(parents=True)
    save([made({"average": 60.0}, seed=1)], campaign.home)
    (source / "checkpoint.pt").write_text("weights")
    script = "import pathlib, sys; print(*sorted(p.name for p in pathlib.Path(sys.argv[2]).rglob('*')))"
    heard = []
    campaign(campaign.task(script=script, needs=[SOURCE], tell=heard.append))
    assert heard[-1] == f"{SOURCE} checkpoint.pt config.json record.json"
    assert fetch(store, f"runs/{SOURCE}", campaign.home / "again").finished
    lacking = campaign(campaign.task("y", script, needs=[RUN]))["y"].reason
    assert lacking == f"{store.url} has no finished run {RUN}, from which this one starts"


def test_two_records_that_contradict_each_other_are_named_and_none_is_taken(
    campaign, store, record, tmp_path
):
    """As of two machines, each of which believes that it makes the run alone."""
    campaign.allow(1, 2, 3)
    again = tmp_path / "again"
    campaign(campaign.task("x", record=record))
    first = json.loads(record.read_text())
    record.write_text(json.dumps(first | {"finished": "2031-01-01T00:00:00+00:00"}))
    campaign.home = again
    assert campaign(campaign.task("y", record=record))["y"].reason == ""
    assert json.loads(RunFolder(again / RUN).record_path.read_text())["finished"] == first["finished"]
    save([made({"average": 61.0})], tmp_path / "made")
    campaign.home = tmp_path / "third"
    reason = campaign(campaign.task("z", record=record))["z"].reason
    assert f"run {RUN}: two records that were made alike disagree: {store.url}/runs/{RUN}/record-" in reason
    assert not RunFolder(campaign.home / RUN).finished


def test_another_code_is_named_with_the_machine(campaign, monkeypatch):
    reason = campaign(campaign.task(), code="1" * 40)["x"].reason
    assert reason.startswith(f"{os.uname().nodename} has the code of commit ")
    assert reason.endswith(f"the campaign that of {'1' * 40}: have the same on all machines")


def test_a_store_that_cannot_be_used_starts_nothing(campaign, store, tmp_path):
    (tmp_path / "store").touch()
    with pytest.raises(UserError, match="cannot write probe"):
        campaign(campaign.task())
    assert not (tmp_path / "x.log").exists()


def test_a_store_that_is_away_for_a_while_costs_nothing(tmp_path, monkeypatch, store, record):
    """The first two attempts to put what is there fail, at the end and before."""
    refused, usual = [], type(store).put

    def put(self, name, path):
        if len(refused) < 2:
            refused.append(name)
            raise UserError("no network")
        usual(self, name, path)

    monkeypatch.setattr(type(store), "put", put)
    monkeypatch.setattr(carried, "PATIENCE", (0, 0))
    (tmp_path / "allowed").mkdir()
    for step in (1, 2, 3):
        (tmp_path / "allowed" / str(step)).touch()
    words = ["--out", str(tmp_path), str(tmp_path / "allowed"), str(record)]
    task = carried.Carried(store, "x", [sys.executable, "-S", "-c", TRAINING, *words])
    assert task.make(lambda line: None) == 0
    assert len(refused) == 2
    assert listed(store, f"runs/{RUN}").finished


@pytest.fixture
def pair(tmp_path, store):
    """The task of a pair: a pre-training, a joint run that starts from it, and its weights are deleted."""
    save([made({"average": 60.0}, seed=seed) for seed in (0, 1)], tmp_path / "made")
    (tmp_path / "allowed").mkdir()
    words = ["--out", str(tmp_path), str(tmp_path / "made" / EARLIER), str(tmp_path / "made" / LATER)]
    words.append(str(tmp_path / "allowed" / "1"))
    return carried.Carried(store, "x", [sys.executable, "-S", "-c", PAIR, *words])


def test_weights_stay_in_a_store_as_long_as_something_is_not_there(tmp_path, monkeypatch, store, pair):
    """A store that is full when the joint run is made. Another attempt needs its pre-training's weights."""
    usual, full = type(store).put, [f"runs/{LATER}/"]

    def put(self, name, path):
        if full and name.startswith(full[0]):
            raise UserError("no space left in the store")
        usual(self, name, path)
        if name.startswith(f"runs/{EARLIER}/record-"):
            (tmp_path / "allowed" / "1").touch()

    monkeypatch.setattr(type(store), "put", put)
    monkeypatch.setattr(carried, "PATIENCE", ())
    with pytest.raises(UserError, match=r"^no space left in the store$"):
        pair.make(lambda line: None)
    assert has_weights(store, EARLIER)
    full.clear()
    heard = []
    assert pair.make(heard.append) == 0
    assert heard == ["begins with ['checkpoint.pt', 'config.json', 'record.json']"]
    assert listed(store, f"runs/{LATER}").finished
    assert not has_weights(store, EARLIER)


def test_an_end_by_a_signal_is_an_end_by_that_signal():
    script = "import sys; from harness.campaign.engines.carried import end_alike; end_alike(int(sys.argv[1]))"
    for code in (-signal.SIGKILL, -signal.SIGTERM, 3):
        assert subprocess.run([sys.executable, "-c", script, str(code)], cwd=ROOT).returncode == code
