"""A study made on nodes that share no disk gives the records that slots of this machine give.

    python scripts/campaigns/same_without_disk.py --pairs 4 --jobs 2 --table FILE.csv

Needs the extras ray and store, and moto. The runs are those of `same_records.py`, five for each pair. The
study is made

- on slots of this machine
- on a cluster of Ray on this machine, whose nodes have folders of their own, with a bucket of a server that
  speaks S3 (moto). Once three runs are in the bucket, a node that makes a pair is killed with all its
  processes, and its folder is removed

and the second is compared with the first: a record that is missing or differs, times and machine apart, or a
stored output with other bytes, fetched from the bucket, is a failure.
"""

from __future__ import annotations

import csv
import hashlib
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).parent),
    str(Path(__file__).parents[2]),
    str(Path(__file__).parents[2] / "tests"),
]

from same_on_clusters import kill_a_node
from same_records import Study, arguments, differences, plan_text
from support.ray_cluster import Nodes, ray_cluster
from support.stores import bucket

from harness.campaign.store.folders import listed
from harness.campaign.store.home import RUNS, fetch_whole
from harness.campaign.store.place import Store, at

AFTER = 3  # runs in the bucket


def store_of(study: Study, url: str) -> Store:
    """Of the study: a folder in the bucket."""
    return at(url).within(f"study-{hashlib.sha256(study.plan.read_bytes()).hexdigest()[:12]}")


def finished(store: Store) -> int:
    """Runs in the store that have a record."""
    lists = [listed(store, f"{RUNS}/{name}") for name in store.names(RUNS)]
    return sum(bool(found and found.finished) for found in lists)


def disturbed(study: Study, nodes: Nodes, url: str) -> str:
    """What was done to it. A study that is not whole at the first time fails."""
    store = store_of(study, url)
    options = ["--engine", "ray", "--engine-set", f"address={nodes.address}", "--engine-set", "cpus=1"]
    process = study.begin(*options, "--store", url)
    while finished(store) < AFTER and process.poll() is None:
        time.sleep(0.5)
    assert process.poll() is None, study.said.read_text()
    done = kill_a_node(nodes)(study, finished(store))
    assert process.wait() == 0, study.said.read_text()
    left = [*(study.out / "runs").glob("*/outputs-*")]
    assert not left, f"large files came home: {left}"
    for name in study.records():
        fetch_whole(store, name, study.out / "runs")
    return done


def main() -> None:
    given = arguments(__doc__, "pairs at a time, and nodes of the cluster")
    with tempfile.TemporaryDirectory(prefix="same-without-disk-") as folder:
        plan, home = Path(folder) / "same.yaml", Path(folder) / "ray"
        plan.write_text(plan_text(given.pairs))
        home.mkdir()
        local, away = (Study(plan, Path(folder) / name, given.jobs) for name in ("local", "away"))
        began = time.monotonic()
        code = local.begin().wait()
        assert code == 0, local.said.read_text()
        middle = time.monotonic()
        with bucket() as url, ray_cluster(home, given.jobs, own=Path(folder) / "nodes") as nodes:
            done = disturbed(away, nodes, url)
            seconds = middle - began, time.monotonic() - middle
        found, runs = differences(local, away), len(local.records())
    print(f"{runs} runs, {given.jobs} nodes: {done}; {len(found)} differences", *found[:9], sep="\n  ")
    print(f"{seconds[0]:.0f} s on slots of this machine, {seconds[1]:.0f} s without a shared disk")
    if given.table:
        with given.table.open("a", newline="") as handle:
            csv.writer(handle).writerow([runs, given.jobs, "ray, store", done, len(found)])
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
