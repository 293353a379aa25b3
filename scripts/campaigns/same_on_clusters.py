"""A study made on clusters gives the records that slots of this machine give.

    python scripts/campaigns/same_on_clusters.py --pairs 8 --jobs 2 --table FILE.csv

Needs the extras slurm and ray. The runs are those of `same_records.py`, five for each pair. The study is made

- on slots of this machine
- on a cluster of Ray, on this machine, of which a node is killed (SIGKILL) while it makes a pair
- as jobs of submitit's executor for this machine, of which one is pre-empted (USR2) while it makes a pair,
  and requeued

and the second and the third are compared with the first: a record that is missing or differs, times and
machine apart, or a stored output with other bytes is a failure.
"""

from __future__ import annotations

import csv
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2] / "tests")]

from same_records import Study, arguments, differences, plan_text
from support.ray_cluster import Nodes, ray_cluster

Disturb = Callable[[Study, int], str]  # (study, runs that are made): what was done


def disturbed(study: Study, options: list[str], after: int, disturb: Disturb) -> str:
    """What was done to it once so many runs were made. A study that is not whole at the first time fails."""
    process = study.begin(*options)
    while study.made() < after and process.poll() is None:
        time.sleep(0.05)
    done = disturb(study, study.made()) if process.poll() is None else "nothing"
    assert process.wait() == 0, study.said.read_text()
    return done


def kill_a_node(nodes: Nodes) -> Disturb:
    def disturb(study: Study, made: int) -> str:
        import ray

        ray.init(address=nodes.address, log_to_driver=False, logging_level="ERROR")
        nodes.kill_a_busy_one()
        ray.shutdown()
        nodes.add()
        return f"node killed at {made} runs"

    return disturb


def preempt_a_job(study: Study, made: int) -> str:
    """Of a pair's process its parent is what submitit started."""
    pair = study.processes()[0]
    job = int(Path(f"/proc/{pair}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(job, signal.SIGUSR2)
    return f"job pre-empted at {made} runs"


def requeued(study: Study) -> int:
    """How often a job of submitit was."""
    logs = study.out.glob("logs/slurm/*_log.*")
    return sum(log.read_text().count("Requeued job") for log in logs)


@contextmanager
def cluster(folder: Path, nodes: int) -> Iterator[Nodes]:
    home = folder / "ray"
    home.mkdir()
    with ray_cluster(home, nodes) as there:
        yield there


def main() -> None:
    given = arguments(__doc__, "pairs at a time, and nodes of the cluster")
    with tempfile.TemporaryDirectory(prefix="same-on-clusters-") as folder:
        failed = compared(Path(folder), given.pairs, given.jobs, given.table)
    raise SystemExit(failed)


def compared(folder: Path, pairs: int, jobs: int, table: Path | None) -> bool:
    """Whether anything differs."""
    plan = folder / "same.yaml"
    plan.write_text(plan_text(pairs))
    local, on_ray, on_slurm = (Study(plan, folder / name, jobs) for name in ("local", "ray", "slurm"))
    began = time.monotonic()
    code = local.begin().wait()
    assert code == 0, local.said.read_text()
    print(f"{len(local.records())} runs on {jobs} slots: {time.monotonic() - began:.0f} s", flush=True)
    after, lines = max(pairs * 5 // 4, 2), []
    began = time.monotonic()
    with cluster(folder, jobs) as nodes:
        options = ["--engine", "ray", "--engine-set", f"address={nodes.address}", "--engine-set", "cpus=1"]
        done = disturbed(on_ray, options, after, kill_a_node(nodes))
    lines.append(("ray", done, time.monotonic() - began, differences(local, on_ray)))
    began = time.monotonic()
    options = ["--engine", "slurm", "--engine-set", "cluster=local"]
    done = disturbed(on_slurm, options, after, preempt_a_job)
    done += f", requeued {requeued(on_slurm)} times"
    lines.append(("submitit", done, time.monotonic() - began, differences(local, on_slurm)))
    for engine, done, seconds, found in lines:
        print(f"{engine}: {done}; {len(found)} differences; {seconds:.0f} s", *found[:9], sep="\n  ")
        if table:
            with table.open("a", newline="") as handle:
                csv.writer(handle).writerow([len(local.records()), jobs, engine, done, len(found)])
    return any(found for *_, found in lines)


if __name__ == "__main__":
    main()
