"""What the commands that read records take with many of them: wall and CPU seconds, peak memory.

python scripts/benchmarks/bench_records.py [COUNT …] [--only NAME] [--cold]

The records are the committed ones of the study `mbd`, with further seeds and ids of their own. Each command
is a process of its own; it runs once before it is timed, so that its files are in the page cache and the
index of records is there. `--cold` times that first run too, with an empty cache folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from harness.config.schema import Config
from harness.record.consistency.own_id import other_id
from harness.record.schema import RunRecord

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ROOT / "results" / "measured" / "studies" / "mbd"
FURTHER = 1000  # between the seeds of a record and of its next copy
SETTLING_S = 2.5  # the index takes no file that was written a moment ago
COMMANDS = {
    "runs": ["runs", "--out", "{runs}"],
    "table fusion": ["table", "fusion", "--runs", "{runs}"],
    "table methods": ["table", "methods", "--runs", "{runs}"],
    "claims": ["claims", "--runs", "{runs}"],
    "compare": ["compare", "mbd", "two_stream", "--runs", "{runs}"],
    "figure fusion": ["figure", "fusion", "--runs", "{runs}", "--out", "{out}/fusion.svg"],
    "figure orders": ["figure", "orders", "--runs", "{runs}", "--out", "{out}/orders.svg"],
    "export": ["export", "records", "--runs", "{runs}", "--out", "{out}/records.csv"],
    "report": ["report", "--runs", "{runs}", "--videos", "0", "--out", "{out}/report"],
}


def make(folder: Path, count: int) -> Path:
    """So many records, each in a run's folder."""
    texts = [path.read_text() for path in sorted(COMMITTED.glob("pair-*.jsonl"))]
    made = [json.loads(line) for text in texts for line in text.splitlines()]
    trees = [tree for tree in made if tree["metrics"]]  # without pre-trainings
    for number in range(count):
        tree = trees[number % len(trees)]
        copy, seed = number // len(trees), tree["config"]["seed"]
        changed = {**tree, "seal": None, "config": {**tree["config"], "seed": seed + FURTHER * copy}}
        record = RunRecord.model_validate(changed)
        name = changed["id"] = other_id(record, Config.model_validate(record.config)) or tree["id"]
        (folder / name).mkdir(parents=True)
        (folder / name / "record.json").write_text(json.dumps(changed, indent=1, ensure_ascii=False) + "\n")
    time.sleep(SETTLING_S)
    return folder


def took(arguments: list[str], cache: Path) -> tuple[float, float, float]:
    """(wall seconds, CPU seconds, peak memory in MB) of a command in a process of its own."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "COLUMNS": "160"}
    begun = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "harness", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(child.pid, 0)
    if status:
        raise click.ClickException(f"harness {' '.join(arguments)} ended with {status}")
    return time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def show(name: str, count: int, found: tuple[float, float, float]) -> None:
    wall, cpu, memory = found
    click.echo(f"{name:22} {count:6}  {wall:8.2f} s  {cpu:8.2f} CPU s  {memory:7.0f} MB")


@click.command()
@click.argument("counts", nargs=-1, type=click.IntRange(min=1))
@click.option("--only", "names", multiple=True, type=click.Choice(list(COMMANDS)))
@click.option("--cold", is_flag=True, help="Time the first run too, which makes the index.")
def main(counts: tuple[int, ...], names: tuple[str, ...], cold: bool) -> None:
    for count in counts or (174, 3480, 10440):
        with tempfile.TemporaryDirectory() as place:
            runs, out = make(Path(place) / "runs", count), Path(place)
            for name in names or COMMANDS:
                command = [each.format(runs=runs, out=out) for each in COMMANDS[name]]
                cache = out / f"cache-{name.replace(' ', '-')}"
                first = took(command, cache)
                if cold:
                    show(f"{name}, first", count, first)
                show(name, count, took(command, cache))


if __name__ == "__main__":
    main()
