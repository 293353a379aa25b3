"""What several runs at once on one GPU give (`--per-gpu`): pre-trainings of `tiny`, one alone and then many.

    .venv/bin/python scripts/benchmarks/bench_gpu_runs.py [1 4 8] [--epochs 3] [--workers 1]

Each run is a process of its own, as those of a study. The rate is what the runs' own logs say, added up:
of each the median over its steps, so that its start and its first step are left out. Clips are made before,
and decoded by `--workers` processes of each run's own: 1, as in a study.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import torch

THREADS = "2"  # of a run, as a study gives where a GPU's runs share the processor


@click.command()
@click.argument("counts", nargs=-1, type=int)
@click.option("--epochs", default=3, show_default=True)
@click.option("--workers", default=1, show_default=True, help="That decode, of each run; 0: the run itself.")
def main(counts: tuple[int, ...], epochs: int, workers: int) -> None:
    if not torch.cuda.is_available():
        raise click.ClickException("no GPU that this torch can use")
    with tempfile.TemporaryDirectory() as folder:
        at_once(1, 1, workers, Path(folder) / "clips")
        alone = 0.0
        for count in counts or (1, 4, 8):
            rate, seconds = at_once(count, epochs, workers, Path(folder) / str(count))
            alone = alone or rate / count
            click.echo(
                f"pre-training of tiny, fp32, {count} at once: {rate:.0f} videos/s together "
                f"({rate / alone:.1f} times one's), {seconds:.0f} s with their starts"
            )


def at_once(count: int, epochs: int, workers: int, out: Path) -> tuple[float, float]:
    """(videos per second of all together, seconds from the first start to the last end)."""
    begun = time.perf_counter()
    runs = [
        subprocess.Popen(words(seed, epochs, workers, out), env=environment(), stdout=subprocess.DEVNULL)
        for seed in range(count)
    ]
    codes = [run.wait() for run in runs]  # of each: the folder goes afterwards
    if any(codes):
        raise click.ClickException("a run failed; its error stands above")
    seconds = time.perf_counter() - begun
    return sum(map(videos_per_second, out.glob("*/events.jsonl"))), seconds


def words(seed: int, epochs: int, workers: int, out: Path) -> list[str]:
    run = [sys.executable, "-P", "-m", "harness", "run", "--pretrain", "both", "--device", "cuda"]
    asked = {"--seed": seed, "--workers": workers, "--epochs": epochs, "--out": out}
    return [*run, *(str(word) for pair in asked.items() for word in pair)]


def environment() -> dict[str, str]:
    paths = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "OMP_NUM_THREADS": THREADS, "PYTHONPATH": os.pathsep.join(paths)}


def videos_per_second(log: Path) -> float:
    events = [json.loads(line) for line in log.read_text().splitlines()]
    return statistics.median(e["videos_per_s"] for e in events if e["event"] == "train")


if __name__ == "__main__":
    main()
