"""Each tracker, read back from its own store: every number once, over two sessions of a run."""

import csv
import json
import os
import socket
import sqlite3
from types import SimpleNamespace

import pytest
from support.waiting import until

from harness.training.progress import Progress
from harness.training.trackers import catalogue
from harness.training.trackers.contract import About, flat
from harness.training.trackers.sink import Trackers

ID = "0123456789ab"
PACKAGES = {"trackio": "trackio", "wandb": "wandb", "mlflow": "mlflow", "tensorboard": "tensorboardX"}
SETTINGS = flat({"method": {"name": "mbd"}, "train": {"lr": 0.02, "clip_norm": None}, "seed": 0})
TESTED = {"test/average": 75.0, "test/local": 50.0, "test/global": 62.5}


def progress(step):
    """Numbers that name their step."""
    losses, accuracy = {"local/ce": 2.0 / step, "global/ce": 3.0 / step}, {"local": 10.0 + step}
    statistics = {"dominance": 0.1 * step}, {"weight": 5.0 * step}
    return Progress(step, 40, 1, 0.02 / step, losses, accuracy, statistics[0], 7.0, 0.0, 1.0, statistics[1])


def numbers(step):
    """What a tracker is to have of a step, written out by hand."""
    return {
        "train/lr": 0.02 / step,
        "train/videos_per_s": 7.0,
        "loss/local/ce": 2.0 / step,
        "loss/global/ce": 3.0 / step,
        "accuracy/local": 10.0 + step,
        "statistic/dominance": 0.1 * step,
        "statistic/weight": 5.0 * step,
    }


def share(percent):
    return SimpleNamespace(top1=SimpleNamespace(percent=percent))


RECORD = SimpleNamespace(
    metrics=SimpleNamespace(fusion={"average": share(75.0)}, local=share(50.0), glob=share(62.5))
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The run's. Nothing may leave this machine, and no store of the user's is touched."""
    path = tmp_path / "runs" / ID
    path.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))
    for name in ("WANDB_MODE", "MLFLOW_TRACKING_URI", "TRACKIO_SPACE_ID", "TRACKIO_SERVER_URL"):
        monkeypatch.delenv(name, raising=False)
    return path


@pytest.fixture
def said():
    return []


@pytest.fixture
def opened(folder, said):
    """`opened("csv", "wandb")`: the sink of a session."""

    def open_(*names):
        return Trackers(names, About(ID, folder, SETTINGS), said.append)

    return open_


def two_sessions(opened, name):
    """The first is ended after step 30, its checkpoint is that of step 10; the second repeats 20 and 30."""
    first = opened(name)
    for step in (10, 20, 30):
        first.training(progress(step))
    first.close()
    second = opened(name)
    for step in (20, 30, 40):
        second.training(progress(step))
    second.results(RECORD, 40)
    second.close()


def expected():
    """{name: {step: value}}"""
    found = {}
    for step in (10, 20, 30, 40):
        for name, value in numbers(step).items():
            found.setdefault(name, {})[step] = value
    return found | {name: {40: value} for name, value in TESTED.items()}


def check(rows):
    """rows: (name, step, value) as they are in the store."""
    listed = [(name, step) for name, step, _ in rows]
    assert len(listed) == len(set(listed)), "a number is there twice"
    found = {}
    for name, step, value in rows:
        found.setdefault(name, {})[step] = value
    assert found == {name: pytest.approx(steps) for name, steps in expected().items()}


def needs(name):
    """Skips where the package is absent."""
    pytest.importorskip(PACKAGES[name], reason=f"the extra '{name}' is not installed")


def test_csv(opened, folder, said):
    two_sessions(opened, "csv")
    with (folder / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    check([(row["name"], int(row["step"]), float(row["value"])) for row in rows])
    assert said == []


def test_trackio(opened, said, tmp_path, capfd):
    needs("trackio")
    two_sessions(opened, "trackio")
    assert said == []
    (store,) = (tmp_path / "trackio").glob("mbd-harness.db")
    with sqlite3.connect(store) as connection:
        found = connection.execute("SELECT run_name, step, metrics FROM metrics").fetchall()
    assert {name for name, *_ in found} == {ID}
    check([(k, step, v) for _, step, text in found for k, v in json.loads(text).items()])
    assert capfd.readouterr().out == ""


def test_wandb(opened, folder, said, capfd):
    needs("wandb")
    two_sessions(opened, "wandb")
    assert said == []
    sessions = sorted((folder / "wandb").glob("offline-run-*/run-*.wandb"))
    assert len(sessions) == 2
    assert len({path.name for path in sessions}) == 1, "both sessions are one run of W&B's"
    # A process of W&B's own writes the file, and on a busy machine its end comes after that of the session.
    until(lambda: all(any(each.HasField("exit") for each in wandb_records(path)) for path in sessions))
    check([row for path in sessions for row in wandb_rows(path)])
    assert capfd.readouterr().out == ""


def wandb_rows(path):
    """(name, step, value) of a file of W&B's, whose package has no reader of its own for Python any more."""
    for record in wandb_records(path):
        if record.HasField("history"):
            items = {"/".join(i.nested_key) or i.key: json.loads(i.value_json) for i in record.history.item}
            step = items["_step"]
            yield from ((name, step, value) for name, value in items.items() if not name.startswith("_"))


def wandb_records(path):
    from wandb.proto.wandb_internal_pb2 import Record

    return map(Record.FromString, log_records(path.read_bytes()))


def log_records(data, block=2**15, header=7):
    """Of a log in LevelDB's format: blocks of parts (checksum 4 bytes, length 2, kind 1), each a whole record
    or the first (2), a middle (3) or the last part (4) of one. The file begins with a header of its own."""
    at, parts = header, b""
    while at + header <= len(data):
        if block - at % block < header:  # too little of the block is left for a part
            at += block - at % block
            continue
        length, kind = int.from_bytes(data[at + 4 : at + 6], "little"), data[at + 6]
        if at + header + length > len(data):
            return  # it is being written
        parts += data[at + header : at + header + length]
        at += header + length
        if kind in (1, 4):
            yield parts
            parts = b""


def test_mlflow(opened, folder, said, capfd):
    needs("mlflow")
    two_sessions(opened, "mlflow")
    assert said == []
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{folder.parent / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("mbd-harness")
    (run,) = client.search_runs([experiment.experiment_id])
    assert (run.info.run_name, run.info.status) == (ID, "FINISHED")
    assert run.data.params["train.lr"] == "0.02"
    assert run.data.params["method.name"] == "mbd"
    history = [each for name in run.data.metrics for each in client.get_metric_history(run.info.run_id, name)]
    check([(each.key, each.step, each.value) for each in history])
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("name", ["csv", "tensorboard"])
def test_nothing_is_asked_of_a_network(name, opened, said, monkeypatch):
    if name in PACKAGES:
        needs(name)
    asked = []
    for call in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, call, lambda _, address: asked.append(address) or 0)
    two_sessions(opened, name)
    assert (asked, said) == ([], [])
    with socket.socket() as probe:  # what is counted
        probe.connect(("192.0.2.1", 80))
    assert asked == [("192.0.2.1", 80)]


class Broken:
    """Fails at its second number, or where it is opened."""

    def __init__(self, at):
        self.at, self.told, self.ended = at, [], 0

    def start(self, about, known, since):
        if self.at == "start":
            raise RuntimeError("no store\nwith a long explanation")
        return "its own name"

    def log(self, values, step):
        self.told.append(step)
        if self.at == "log" and step == 20:
            raise OSError("disk full")

    def finish(self):
        self.ended += 1
        if self.at == "finish":
            raise ValueError("cannot close")


@pytest.mark.parametrize(
    ("at", "why", "told"),
    [("start", "no store", []), ("log", "disk full", [10, 20]), ("finish", "cannot close", [10, 20, 30])],
)
def test_a_tracker_that_fails_is_one_warning_and_the_others_go_on(
    at, why, told, opened, folder, said, monkeypatch
):
    broken = Broken(at)
    entry = SimpleNamespace(make=lambda: broken, repeats=False, package=None)
    monkeypatch.setattr(
        "harness.training.trackers.sink.TRACKERS", {"mlflow": entry, "csv": catalogue.TRACKERS["csv"]}
    )
    sink = opened("mlflow", "csv")
    for step in (10, 20, 30):
        sink.training(progress(step))
    sink.close()
    assert said == [f"warning: tracker mlflow failed and is told nothing more ({why})"]
    assert broken.told == told
    lines = (folder / "metrics.csv").read_text().splitlines()
    assert {line.split(",")[0] for line in lines[1:]} == {"10", "20", "30"}


def test_what_a_tracker_calls_the_run_is_kept_beside_the_checkpoint(opened, folder, monkeypatch):
    seen = []

    class Named(Broken):
        def start(self, about, known, since):
            seen.append((known, since))
            return known or "drawn"

    monkeypatch.setattr(
        "harness.training.trackers.sink.TRACKERS",
        {"wandb": SimpleNamespace(make=lambda: Named(None), repeats=False)},
    )
    two_sessions(opened, "wandb")
    assert seen == [(None, 10), ("drawn", 20)]
    assert json.loads((folder / "trackers.json").read_text()) == {"wandb": {"id": "drawn", "step": 40}}
    (folder / "trackers.json").write_text("[1")  # damaged: the tracker begins a run of its own
    opened("wandb").training(progress(40))
    assert seen[-1] == (None, 40)


def test_settings_are_named_as_set_has_them():
    assert flat({"train": {"lr": 0.1, "betas": [1, 2], "clip": None}, "on": True}) == {
        "train.lr": 0.1,
        "train.betas": "[1, 2]",
        "train.clip": "None",
        "on": True,
    }
