"""How long each command takes from start to end, and which large libraries it imports.

    .venv/bin/python scripts/bench_startup.py [NAME …] [--repeats 5]

Prints the median of whole processes in seconds and what was imported. The work of the commands is small: a
finished run of 16 videos that the tests keep, generated clips, one timed step. On a machine without compiled
bytecode ('make setup' compiles it) the first start of each command, which is not counted, says little.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
RUNS = ROOT / "tests" / "fixtures" / "schema1" / "run"
HEAVY = (
    *("numpy", "rich", "pydantic", "jinja2", "pandas", "matplotlib", "scipy", "scipy.stats", "sklearn", "av"),
    *("cv2", "torch", "torchvision", "timm", "transformers", "lightning_fabric", "torch._dynamo"),
)
FEW_CLIPS = (
    *("--set", "data.train_per_class=1", "--set", "data.test_per_class=1"),
    *("--set", "data.fit_per_class=1", "--set", "data.seed=0"),
)
PROBE = """
import atexit, json, sys
heavy = json.loads(sys.argv.pop(1))
def tell():
    print(json.dumps([name for name in heavy if name in sys.modules]), file=sys.stderr)
atexit.register(tell)
from harness.__main__ import main
main()
"""


def commands(out: Path, clip: Path, made: Path) -> dict[str, list[str]]:
    """Arguments of small work for each command. out: an empty folder. clip: a video. made: a run's folder."""
    (run,) = (path.name for path in RUNS.iterdir())
    runs = ["--runs", str(RUNS)]
    stored = [run, "--out", str(RUNS)]
    return {
        "--help": ["--help"],
        "list": ["list", "methods"],
        "completion": ["completion", "bash"],
        "runs": ["runs", "--out", str(RUNS)],
        "show": ["show", *stored],
        "export": ["export", "records", *runs],
        "claims": ["claims", "mbd", *runs],
        "paper": ["paper", "show", "mbd"],
        "table": ["table", "fusion", *runs],
        "figure": ["figure", "fusion", *runs, "--out", str(out / "figure.svg")],
        "report": ["report", *runs, "--videos", "0", "--out", str(out / "report")],
        "study": ["study", "plan", str(ROOT / "studies" / "mbd.yaml")],
        "sweep": ["sweep", "--method", "two_stream", "--grid", "train.lr=0.01", "--dry-run", *FEW_CLIPS],
        "compare": ["compare", "mbd", "two_stream", "--runs", str(out)],
        "verify": ["verify", made.name, "--out", str(made.parent)],
        "config": ["config", "diff", "tiny", "small"],
        "diff": ["diff", run, run, "--out", str(RUNS)],
        "doctor": ["doctor", "--out", str(out)],
        "data": ["data", "check", "localglobal", *FEW_CLIPS, "--out", str(out / "check.json")],
        "fuse": ["fuse", *stored],
        "profile": ["profile", "r2plus1d50", "--no-latency"],
        "predict": ["predict", run, str(clip), "--out", str(RUNS)],
        "check-plugin": ["check-plugin", "average"],
        "run": ["run", "--method", "mbd", "--backbone", "r2plus1d50", "--dry-run", *FEW_CLIPS],
    }


def make_run(out: Path) -> Path:
    """A run of one step, in `out`; the fixture's was made on clips that are made no more."""
    small = [*FEW_CLIPS, "--set", "test.part=none", "--epochs", "1", "--from-scratch", "--out", str(out)]
    run = ["run", "--method", "two_stream", "--backbone", "r2plus1d18", *small]
    subprocess.run([sys.executable, "-P", "-m", "harness", *run], cwd=ROOT, check=True, capture_output=True)
    (made,) = out.iterdir()
    return made


def imported(arguments: list[str]) -> list[str]:
    """The libraries of HEAVY that the command imports."""
    command = [sys.executable, "-P", "-c", PROBE, json.dumps(HEAVY), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise click.ClickException(f"harness {' '.join(arguments)}: {done.stderr.strip()}")
    return json.loads(done.stderr.splitlines()[-1])


def seconds(arguments: list[str], repeats: int) -> float:
    """The median over whole processes."""
    command, took = [sys.executable, "-P", "-m", "harness", *arguments], []
    for _ in range(repeats):
        begun = time.perf_counter()
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        took.append(time.perf_counter() - begun)
    return statistics.median(took)


def make_clips(folder: Path) -> Path:
    """One of a few generated clips."""
    command = [sys.executable, "-P", "-m", "harness", "data", "make", str(folder), *FEW_CLIPS]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.rglob("*.mp4"))


@click.command()
@click.argument("names", nargs=-1)
@click.option("--repeats", type=click.IntRange(min=1), default=5, show_default=True)
def main(names: tuple[str, ...], repeats: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        every = commands(Path(place), make_clips(Path(place) / "clips"), make_run(Path(place) / "made"))
        if unknown := set(names) - set(every):
            raise click.UsageError(f"no command '{min(unknown)}'; there are {', '.join(every)}")
        for name in names or every:
            libraries = imported(every[name])
            click.echo(f"{name:12} {seconds(every[name], repeats):6.2f} s  {' '.join(libraries)}")


if __name__ == "__main__":
    main()
