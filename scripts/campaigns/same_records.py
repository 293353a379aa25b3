"""A study that is disturbed gives the same records: run twice, once undisturbed, and compared.

    python scripts/campaigns/same_records.py --pairs 8 --jobs 2 --table FILE.csv

Its runs are tiny: for each pair a pre-training and four joint trainings, narrow networks on few clips. The
undisturbed study makes one pair at a time. The other one makes several, and meanwhile

- its driver is killed (SIGKILL), whose processes go on, and the same command is given again at once
- one of the processes is killed
- the driver is asked to stop (SIGTERM), which must leave no process behind

until it is whole. It fails where a record is missing or differs, times and machine apart, or a stored output.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ARMS = ("two_stream", "mbd", "unidirectional", "{mbd: {final: false}}")
SETTINGS = (
    *("data.train_per_class=1", "data.test_per_class=1", "data.fit_per_class=1"),
    *("data.validation_per_class=1", "local.backbone=r2plus1d18", "global.backbone=vtn:resnet10t"),
    *("local.width=0.125", "local.frames=4", "local.crop=32", "local.short_side=[36,36]"),
    *("local.test_short_side=36", "global.test_short_side=36", "global.stride=8"),
    *("global.frames=4", "global.crop=32", "global.short_side=[36,36]"),
    *("test.local_clips=1", "test.global_clips=1", "fit.views=1", "fit.rules=own"),
    *("train.epochs=2", "train.batch_size=4", "pretraining.both.train.epochs=1"),
)
# What two runs of one thing may differ in.
OWN = ("finished", "timings", "environment", "cost", "code")


def plan_text(pairs: int) -> str:
    settings = "".join(f"\n  - {json.dumps(each)}" for each in SETTINGS)
    return (
        f"arms: [{', '.join(ARMS)}]\ndataset: localglobal\npreset: tiny\npairs: {pairs}\nthreads: 1\n"
        f"settings:{settings}\n"
    )


def start_harness(words: Sequence[str], said: Path, cache: Path) -> subprocess.Popen[bytes]:
    """The harness, given these words, with clips in `cache`; what it prints is added to `said`."""
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    env = {**os.environ, "PYTHONPATH": paths, "XDG_CACHE_HOME": str(cache)}
    with said.open("ab") as log:
        command = [sys.executable, "-P", "-m", "harness", *words]
        return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=env)


def processes_with(*words: str) -> list[int]:
    """That were started with all of these words, whoever started them."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            given = entry.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if {*words} <= {*given}:
            found.append(int(entry.parent.name))
    return sorted(found)


class Study:
    """A study's folder, and the command that makes it."""

    def __init__(self, plan: Path, out: Path, jobs: int) -> None:
        self.plan, self.out, self.jobs = plan, out, jobs
        self.said = out.with_suffix(".log")

    def begin(self, *options: str) -> subprocess.Popen[bytes]:
        words = ["study", "run", str(self.plan), "--here", "--out", str(self.out), "--device", "cpu"]
        return start_harness(
            [*words, "--jobs", str(self.jobs), *options], self.said, self.plan.parent / "cache"
        )

    def made(self) -> int:
        return len([*self.out.glob("runs/*/record.json")])

    def processes(self) -> list[int]:
        """Of its pairs."""
        return processes_with("pair", str(self.out))

    def records(self) -> dict[str, dict[str, Any]]:
        lines = [line for path in self.out.glob("records/pair-*.jsonl") for line in path.open()]
        return {tree["id"]: tree for tree in map(json.loads, lines)}

    def outputs(self) -> dict[str, bytes]:
        paths = self.out.glob("runs/*/outputs-*.safetensors")
        return {str(path.relative_to(self.out)): path.read_bytes() for path in paths}


def disturbed(study: Study) -> list[str]:
    """What was done to it."""
    done, orphans = list[str](), list[int]()
    process = study.begin()
    for kind, after in (("driver killed", 2), ("process killed", 4), ("driver stopped", 8)):
        while study.made() < after and process.poll() is None:
            time.sleep(0.05)
        if process.poll() is not None:
            break
        done.append(f"{kind} at {study.made()} runs")
        if kind == "driver killed":
            process.kill()
            orphans = study.processes()
        elif kind == "process killed":
            os.kill(study.processes()[0], signal.SIGKILL)
            continue
        else:
            process.terminate()
        code = process.wait()
        if kind == "driver stopped":
            assert code == 130, f"the driver ended with {code}"
            left = {*study.processes()} - {*orphans}
            assert not left, f"processes are left: {left}"
        process = study.begin()
    process.wait()
    while study.begin().wait():  # what failed with its process
        done.append("given again")
        assert len(done) < 10, study.said.read_text()
    return done


def differences(one: Study, two: Study) -> list[str]:
    first, second = one.records(), two.records()
    found = [f"run {name} is in one of them alone" for name in first.keys() ^ second.keys()]
    for name in first.keys() & second.keys():
        trees = [{key: value for key, value in of[name].items() if key not in OWN} for of in (first, second)]
        found += [f"run {name}: {key}" for key in trees[0] if trees[0][key] != trees[1].get(key)]
    outputs = one.outputs(), two.outputs()
    return found + [f"{name}: other bytes" for name in outputs[0] if outputs[0][name] != outputs[1].get(name)]


def arguments(text: str | None, jobs: str) -> argparse.Namespace:
    """What was typed. text: of the help. jobs: what that many are of."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=8, help="each has five runs [8]")
    parser.add_argument("--jobs", type=int, default=2, help=f"{jobs} [2]")
    parser.add_argument("--table", type=Path, help="CSV file that a line is added to for each comparison")
    return parser.parse_args()


def main() -> None:
    given = arguments(__doc__, "pairs at a time in the disturbed study")
    with tempfile.TemporaryDirectory(prefix="same-records-") as folder:
        plan = Path(folder) / "same.yaml"
        plan.write_text(plan_text(given.pairs))
        alone, other = Study(plan, Path(folder) / "alone", 1), Study(plan, Path(folder) / "other", given.jobs)
        begun = time.monotonic()
        code = alone.begin().wait()
        assert code == 0, alone.said.read_text()
        middle = time.monotonic()
        done = disturbed(other)
        seconds = middle - begun, time.monotonic() - middle
        found, runs = differences(alone, other), len(alone.records())
    print(
        f"{runs} runs, {given.jobs} jobs: {'; '.join(done)}; {len(found)} differences", *found[:9], sep="\n  "
    )
    print(f"{seconds[0]:.0f} s undisturbed with one job, {seconds[1]:.0f} s disturbed")
    if given.table:
        with given.table.open("a", newline="") as handle:
            csv.writer(handle).writerow([runs, given.jobs, "; ".join(done), len(found)])
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
