"""Measures the harness's speed, and makes docs/performance.md from what was measured.

python scripts/benchmarks/page.py --measure [NAME …]   # on an idle machine: outputs to results/measured/speed
python scripts/benchmarks/page.py                      # rewrites docs/performance.md from them
python scripts/benchmarks/page.py --check              # exit code 1 where the page is not what they give

Those of loading need a folder of real clips: --clips DIR; without it, they are passed over.
"""

from __future__ import annotations

import os
import platform
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

import click
import jinja2

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "results" / "measured" / "speed"
PAGE = ROOT / "docs" / "performance.md"
BUSY = 0.5  # load of the last minute above which a machine is not idle
# By name: what is run, in a shell's words; {clips}: the folder of real clips.
BENCHMARKS = {
    "start": "scripts/bench_startup.py --repeats 3",
    "step-fp32": "scripts/bench_train_step.py --repeats 7 --set precision=fp32",
    "step-bf16": "scripts/bench_train_step.py --repeats 7 --set precision=bf16",
    "step-quarter": "scripts/bench_train_step.py --repeats 5 --set precision=bf16 --set local.width=0.25 "
    "--set global.width=0.25",
    "loader": "scripts/bench_loader.py {clips} --videos 60",
    "frame-cache": "scripts/benchmarks/bench_frame_cache.py {clips} --videos 40",
    "methods": "scripts/bench_methods.py --repeats 7",
    "compile": "scripts/bench_compile.py --repeats 5",
    "checkpointing": "scripts/benchmarks/bench_checkpointing.py",
    "determinism": "scripts/benchmarks/bench_determinism.py --repeats 7",
    "stacked": "scripts/benchmarks/bench_stacked.py --seeds 4 --repeats 3",
    "records": "scripts/benchmarks/bench_records.py 174 10440 --cold --only runs --only 'table fusion' "
    "--only 'table methods' --only claims --only compare",
    "lists": "scripts/benchmarks/bench_lists.py",
    "gpu": "scripts/benchmarks/bench_gpu.py",
    "gpu-determinism": "scripts/benchmarks/bench_determinism.py --preset paper --repeats 5 "
    "--set precision=bf16",
    "gpu-runs": "scripts/benchmarks/bench_gpu_runs.py 1 4 8 --epochs 3",
}


@dataclass(frozen=True)
class Measured:
    """What a benchmark printed. head: where and when, and by which command."""

    command: str
    where: str
    text: str

    @classmethod
    def read(cls, path: Path) -> Measured:
        command, where, text = path.read_text().split("\n", 2)
        return cls(command.removeprefix("$ "), where.removeprefix("# "), text.strip())


def measure(name: str, clips: Path | None) -> None:
    words = BENCHMARKS[name].format(clips="CLIPS")
    if "CLIPS" in words and clips is None:
        click.echo(f"{name}: passed over, it needs --clips DIR", err=True)
        return
    on_gpu = name.startswith("gpu")
    if on_gpu and gpu() is None:
        click.echo(f"{name}: passed over, no GPU that torch can use is here", err=True)
        return
    command = [sys.executable, *shlex.split(words.replace("CLIPS", shlex.quote(str(clips))))]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "COLUMNS": "110"}
    )
    if done.returncode:
        last = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise click.ClickException(f"{name} ended with {done.returncode}: {last}")
    HOME.mkdir(parents=True, exist_ok=True)
    (HOME / f"{name}.txt").write_text(
        f"$ python {words}\n# {machine(gpu() if on_gpu else None)}\n{done.stdout.strip()}\n"
    )
    click.echo(f"{name}: measured")


def gpu() -> str | None:
    """The first GPU that torch can use, by its name."""
    import torch

    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else None


def machine(gpu: str | None = None) -> str:
    """This one, in words: no name of a host. gpu: what a benchmark of GPUs ran on."""
    cpu = gpu or next(
        (line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name")), "CPU"
    )
    packages = ", ".join(f"{name} {version(name).split('+')[0]}" for name in ("torch", "av"))
    return f"{os.cpu_count()} cores ({cpu}), Python {platform.python_version()}, {packages}, {date.today()}"


def _cpuinfo() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []


def page() -> str:
    found = {path.stem: Measured.read(path) for path in sorted(HOME.glob("*.txt"))}
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(loader=loader, undefined=jinja2.StrictUndefined, trim_blocks=True)
    text = environment.get_template("performance.md.jinja").render(found=found)
    lines = re.sub(r"\n{3,}", "\n\n", text).splitlines()
    return "\n".join(line.rstrip() for line in lines).strip() + "\n"


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(BENCHMARKS)))
@click.option("--measure", "measures", is_flag=True)
@click.option("--check", is_flag=True)
@click.option("--clips", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(names: tuple[str, ...], measures: bool, check: bool, clips: Path | None) -> None:
    if measures:
        if os.getloadavg()[0] > BUSY:
            click.echo("warning: other work runs on this machine; only ratios mean something", err=True)
        for name in names or BENCHMARKS:
            measure(name, clips)
    text = page()
    if check and text != PAGE.read_text():
        raise click.ClickException(f"{PAGE.name} is not what the outputs give: run this script")
    if not check:
        PAGE.write_text(text)


if __name__ == "__main__":
    main()
