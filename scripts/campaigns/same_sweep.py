"""A sweep that is killed chooses and tests the same: run twice, once undisturbed, and compared.

    python scripts/campaigns/same_sweep.py [--jobs 2] [--table FILE.csv]

Its runs are tiny: two arms, two learning rates each, a pre-training that all of them start from, and one test
of each arm's choice. Each time one of its runs is in its joint training, the pre-training being there,

- the driver is asked to stop (SIGTERM), so that its runs leave a checkpoint in mid-training
- the driver and every process of its runs are killed (SIGKILL), in the steps behind that checkpoint
- one process of a run is killed alone, whose driver must choose and test nothing without it

and the same command is given again, until it is whole. It fails where a record, a stored output or what was
tried and chosen differs, times and machine apart.
"""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from same_records import OWN, SETTINGS, arguments, processes_with, start_harness

EPOCHS = "train.epochs=16"  # long enough to be killed in mid-training
ARMS = ("--method", "two_stream", "--method", "mbd", "--grid", "train.lr=0.003,0.01")
TIMES = ("finished", "train_s", "test_s", "hours", "seconds", "time")


class Sweep:
    """A sweep's folder of runs, and the command that makes it."""

    def __init__(self, out: Path, jobs: int) -> None:
        self.out, self.jobs, self.said = out, jobs, out.with_suffix(".log")

    def begin(self) -> subprocess.Popen[bytes]:
        settings = [pair for pair in SETTINGS if "epochs" not in pair]
        words = ["sweep", *ARMS, *(word for pair in (*settings, EPOCHS) for word in ("--set", pair))]
        words += ["--out", str(self.out), "--device", "cpu", "--workers", "0", "--jobs", str(self.jobs)]
        return start_harness(words, self.said, self.out.parent / "cache")

    def joint_steps(self) -> tuple[int, int]:
        """Steps of all runs that start from the pre-training, and of those of them that are not finished."""
        made, unfinished = 0, 0
        for path in self.out.glob("*/events.jsonl"):
            if '"weights": "run:' in (path.parent / "config.json").read_text():
                steps = len(path.read_text().splitlines())
                made += steps
                unfinished += steps * (not (path.parent / "record.json").exists())
        return made, unfinished

    def result(self) -> dict[str, Any]:
        """Every record, stored output and file of the sweep by its name, without times and machine."""
        found: dict[str, Any] = {}
        for path in self.out.glob("*/record.json"):
            tree = json.loads(path.read_text())
            found[f"record {path.parent.name}"] = {key: tree[key] for key in tree if key not in OWN}
        for path in self.out.glob("*/outputs-*.safetensors"):
            found[str(path.relative_to(self.out))] = path.read_bytes()
        for path in self.out.glob("sweeps/*/sweep.json"):
            found[str(path.relative_to(self.out))] = without(json.loads(path.read_text()), TIMES)
        return found


def without(tree: Any, names: tuple[str, ...]) -> Any:
    """A JSON tree without these keys, at any depth."""
    if isinstance(tree, dict):
        return {key: without(value, names) for key, value in tree.items() if key not in names}
    return [without(value, names) for value in tree] if isinstance(tree, list) else tree


def stop(sweep: Sweep, driver: subprocess.Popen[bytes]) -> None:
    driver.terminate()


def kill_all(sweep: Sweep, driver: subprocess.Popen[bytes]) -> None:
    for process in processes_with(str(sweep.out)):
        os.kill(process, signal.SIGKILL)


def kill_one(sweep: Sweep, driver: subprocess.Popen[bytes]) -> None:
    os.kill(next(each for each in processes_with(str(sweep.out)) if each != driver.pid), signal.SIGKILL)


def disturbed(sweep: Sweep) -> list[str]:
    """What was done to it, and how each driver ended."""
    done = list[str]()
    for kind, disturb, code in (
        ("driver stopped", stop, 130),
        ("driver and runs killed", kill_all, -signal.SIGKILL),
        ("one run killed", kill_one, 1),
    ):
        before, _ = sweep.joint_steps()
        driver = sweep.begin()
        while driver.poll() is None:
            made, unfinished = sweep.joint_steps()
            if unfinished and made > before + 2:
                break
            time.sleep(0.02)
        assert driver.poll() is None, f"it ended before it was disturbed: {sweep.said.read_text()[-900:]}"
        disturb(sweep, driver)
        done.append(f"{kind} behind {made} steps of joint training")
        ended = driver.wait()
        assert ended == code, f"{kind}: ended with {ended}, not {code}: {sweep.said.read_text()[-900:]}"
        tests = [json.loads(path.read_text())["tests"] for path in sweep.out.glob("sweeps/*/sweep.json")]
        assert not any(tests), f"{kind}: {tests} were tested without all trials"
    assert sweep.begin().wait() == 0, sweep.said.read_text()
    return done


def main() -> None:
    given = arguments(__doc__, "runs at a time")
    with tempfile.TemporaryDirectory(prefix="same-sweep-") as folder:
        alone, other = Sweep(Path(folder) / "alone", given.jobs), Sweep(Path(folder) / "other", given.jobs)
        start = time.monotonic()
        assert alone.begin().wait() == 0, alone.said.read_text()
        middle = time.monotonic()
        done = disturbed(other)
        seconds = middle - start, time.monotonic() - middle
        expected, found = alone.result(), other.result()
    differ = sorted(name for name in {*expected, *found} if expected.get(name) != found.get(name))
    runs = sum(name.startswith("record") for name in expected)
    print(
        f"{runs} runs: {'; '.join(done)}; {len(differ)} of {len(expected)} parts differ", *differ, sep="\n  "
    )
    print(f"{seconds[0]:.0f} s undisturbed, {seconds[1]:.0f} s disturbed")
    if given.table:
        with given.table.open("a", newline="") as handle:
            csv.writer(handle).writerow(
                [runs, given.jobs, "one machine, a sweep", "; ".join(done), len(differ)]
            )
    raise SystemExit(bool(differ))


if __name__ == "__main__":
    main()
