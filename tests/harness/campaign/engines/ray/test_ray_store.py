"""Tasks of a real cluster of Ray on nodes that share no disk, and an S3 store: a node is lost."""

import os
import sys
from contextlib import closing
from importlib.util import find_spec

import pytest
from support.made_records import made, save
from support.places import ROOT
from support.ray_cluster import ray_cluster
from support.stopping_scripts import TRAINING
from support.stores import bucket, needs_s3, stored
from support.waiting import until

from harness.campaign.engines import chosen, through
from harness.campaign.engines.chosen import Asked, place
from harness.campaign.engines.slots import Share
from harness.campaign.engines.stop import Stop
from harness.campaign.engines.task import Task
from harness.record.folder import RunFolder

# Not imported to find out: Ray reads its settings then.
pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed (an extra)")
RECORD = made({"average": 60.0})
RUN = RECORD.id


@pytest.fixture
def there(tmp_path, monkeypatch):
    """(nodes, the URL of a store); each node has a folder of its own, and its credentials."""
    needs_s3()
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    home = tmp_path / "ray"
    home.mkdir()
    with bucket() as url, ray_cluster(home, 2, own=tmp_path / "nodes") as nodes:
        yield nodes, url


def test_a_node_that_is_lost_costs_what_lies_after_its_checkpoint(there, tmp_path, monkeypatch):
    """Its folder and its processes are gone; another node fetches checkpoint 2 and goes on. Nothing but the
    record comes home, with the log of both."""
    nodes, url = there
    monkeypatch.setattr(through, "LOOK", 0.5)
    monkeypatch.chdir(tmp_path)
    save([RECORD], tmp_path / "made")
    allowed, home, heard = tmp_path / "allowed", tmp_path / "home", []
    allowed.mkdir()
    (allowed / "1").touch()
    asked = Asked("ray", (f"address={nodes.address}", "cpus=1"), url)
    found = place(asked, Share(threads=1), "cpu", tmp_path / "logs")

    def tell(line):
        heard.append(line)
        if line == "step 2" and len(nodes.there) == 2:
            until(lambda: stored(found.store, f"runs/{RUN}", "checkpoint.pt") == b"2")
            nodes.kill_a_busy_one()
            (allowed / "2").touch()
            (allowed / "3").touch()

    words = ["--out", str(home), str(allowed), str(tmp_path / "made" / RUN / "record.json")]
    task = Task("x", [sys.executable, "-S", "-c", TRAINING, *words], tmp_path / "logs" / "x.log", tell=tell)
    engine = chosen.through(found, home, home)
    with closing(engine.launch(lambda: [task], Stop())) as outcomes:
        (ended,) = outcomes
    assert (ended.reason, ended.lost) == ("", False)
    steps = [line for line in heard if line.startswith(("from", "step"))]
    assert steps[:1] + steps[-2:] == [f"from 0 ['{RUN}']", f"from 2 ['{RUN}']", "step 3"]
    run = RunFolder(home / RUN)
    assert sorted(path.name for path in run.path.iterdir()) == ["lock", "record.json", "stored.json"]
    assert not [*(tmp_path / "nodes").glob("*/*")], "what a task had on its node is removed"
