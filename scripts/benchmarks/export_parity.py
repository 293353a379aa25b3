"""Every backbone as a file of torch.export and of ONNX: the largest difference from the network itself.

    .venv/bin/python scripts/benchmarks/export_parity.py [PATTERN …] [--out FILE] [--limit 300]
    .venv/bin/python scripts/benchmarks/export_parity.py --table

Random weights, BatchNorm's statistics of noise, the smallest clip and width that the network takes; exported
with two clips of noise, compared on three others where any number is taken. Each backbone is exported in a
process of its own, so that one that crashes or computes too long is a reason in the table. A row that is
there already is kept, so a walk that was stopped goes on. `--table` prints the rows as the table of
docs/export.md. Needs the packages of the extra `onnx`.
"""

from __future__ import annotations

from harness import openmp

openmp.settle()

import json
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import click

from backbones.building import find
from backbones.registry import BACKBONES

OUT = Path("results/measured/export/parity.jsonl")
FORMATS = ("torch-export", "onnx")
CLASSES = 5
SEED = 0
Row = dict[str, Any]


def child(name: str, limit: int) -> None:
    """Prints a row for each format. limit: seconds of computing, after which the process is ended."""
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    import torch

    from backbones.building import build
    from backbones.check_sizes import smallest_sizes
    from harness.export.formats import GRAPHS, trace
    from harness.export.modules import ExportedStream

    entry = find(name)
    sizes = smallest_sizes(entry)
    torch.manual_seed(SEED)
    network = build(name, classes=CLASSES, **sizes)
    shape = (network.frames, network.size, network.size, 3)
    module = ExportedStream(network, entry.input)
    two, three = (torch.randint(0, 256, (number, *shape), dtype=torch.uint8) for number in (2, 3))
    with torch.no_grad():
        module.train()(torch.cat((two, three)))
    row: Row = {"backbone": name, "clip": "x".join(map(str, shape[:3])), "width": sizes["width"]}
    try:
        traced = trace(module, {"clips": two}, ("logits", "features"))
    except Exception as error:
        for format_ in FORMATS:
            said(row | {"format": format_, "why": reason(error)})
        return
    clips = three if traced.any_number else two[:1]
    with torch.no_grad():
        expected = module.eval()(clips)[0]
    row |= {"any_number": traced.any_number, "largest_logit": float(expected.abs().max())}
    for format_ in FORMATS:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"network{GRAPHS[format_].ending}"
            try:
                GRAPHS[format_].write(traced, path)
                found = GRAPHS[format_].read(path)([clips])[0]
            except Exception as error:
                said(row | {"format": format_, "why": reason(error)})
                continue
            said(row | {"format": format_, "difference": float((found - expected).abs().max())})


def said(row: Row) -> None:
    print("row", json.dumps(row), flush=True)


def reason(error: BaseException) -> str:
    """One line: the last cause, since torch.onnx says at first that it failed and what to read."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {(lines or ['no message'])[0][:160]}"


def rows_of(name: str, limit: int) -> Iterator[Row]:
    """The rows of one backbone; a crash and a time-out are reasons."""
    command = [sys.executable, __file__, "--one", name, "--limit", str(limit)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    late = done.returncode in (-signal.SIGXCPU, -signal.SIGKILL)
    ended = f"more than {limit} s of computing" if late else f"ended with exit code {done.returncode}"
    found = [json.loads(line[4:]) for line in done.stdout.splitlines() if line.startswith("row ")]
    yield from found
    for format_ in FORMATS[len(found) :]:
        yield {"backbone": name, "format": format_, "why": ended}


def read(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def table(rows: list[Row]) -> str:
    """Markdown: a row for each backbone, in the order of the registry."""
    order = [entry.name for entry in BACKBONES]
    lines = [
        "| backbone | clip, width | largest logit | clips at once | torch-export | ONNX |",
        "|---|---|---|---|---|---|",
    ]
    for name in sorted({row["backbone"] for row in rows}, key=order.index):
        of = {row["format"]: row for row in rows if row["backbone"] == name}
        one = of[FORMATS[0]]
        number = "any" if one.get("any_number") else "one"
        cells = [f"`{name}`", f"{one.get('clip', '–')}, {one.get('width', 0):g}"]
        cells += [f"{one['largest_logit']:.3g}" if "largest_logit" in one else "–", number]
        lines.append("| " + " | ".join([*cells, *(cell(of.get(format_)) for format_ in FORMATS)]) + " |")
    return "\n".join(lines)


def cell(row: Row | None) -> str:
    if row is None:
        return "not tried"
    return f"{row['difference']:.1e}" if "difference" in row else row["why"].replace("|", "\\|")


@click.command()
@click.argument("patterns", nargs=-1)
@click.option("--out", type=click.Path(path_type=Path), default=OUT, show_default=True)
@click.option("--limit", default=300, show_default=True, help="Seconds of computing for one backbone.")
@click.option("--one", help="This backbone alone, in this process.")
@click.option("--table", "as_table", is_flag=True, help="Print what there is as Markdown.")
def main(patterns: tuple[str, ...], out: Path, limit: int, one: str | None, as_table: bool) -> None:
    if one:
        child(one, limit)
        return
    if as_table:
        click.echo(table(read(out)))
        return
    find("r2plus1d50")  # fills the registry
    names = [entry.name for entry in BACKBONES if not entry.name.endswith("*")]
    names = [each for each in names if not patterns or any(fnmatchcase(each, p) for p in patterns)]
    there = {row["backbone"] for row in read(out)}
    out.parent.mkdir(parents=True, exist_ok=True)
    for name in names:
        if name in there:
            continue
        rows = list(rows_of(name, limit))
        with out.open("a") as handle:
            handle.writelines(json.dumps(row) + "\n" for row in rows)
        click.echo(f"{name}: " + ", ".join(f"{row['format']} {cell(row)}" for row in rows))


if __name__ == "__main__":
    main()
