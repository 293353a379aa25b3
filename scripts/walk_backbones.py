"""Every backbone, narrow, as local and as global stream: a few steps on generated clips, a test, a table.

    .venv/bin/python scripts/walk_backbones.py [PATTERN …] [--out walks] [--steps 4] [--limit 300]

Each is a run as `harness run` makes it, beside a small partner stream, with the smallest clip and width that
it takes. It shows that a network trains and is tested as a stream; its accuracy says nothing. A row that is
there already is kept, so a walk that was stopped goes on; a failure is a row and ends nothing.
"""

from __future__ import annotations

from harness import openmp

openmp.settle()

import csv
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

import click

from backbones.building import find
from backbones.check_sizes import smallest_sizes
from backbones.registry import BACKBONES, BackboneEntry
from harness.config.resolve import resolve
from harness.console.console import RunConsole
from harness.execution.execute import execute
from harness.execution.job import Launch
from harness.files import write_text

ROLES = ("local", "global")
PARTNERS = {
    "local": ["local.backbone=r3d18", "local.width=0.125", "local.frames=4", "local.crop=32"],
    "global": ["global.backbone=vtn:resnet10t", "global.frames=4", "global.crop=32"],
}
COLUMNS = ("backbone", "stream", "width", "clip", "steps", "loss", "right in test", "why")
CLASSES, BATCH = 16, 4  # of the generated clips; videos per step
Row = dict[str, str]


def settings(entry: BackboneEntry, role: str, steps: int) -> tuple[dict[str, str], list[str]]:
    """What the row says of the network, and the settings of its run."""
    sizes = smallest_sizes(entry)
    frames, size, width = sizes["frames"], sizes["size"], sizes["width"]
    other = "global" if role == "local" else "local"
    sizes_set = {"backbone": entry.name, "width": width, "frames": frames, "crop": size}
    own = [f"{role}.{key}={value}" for key, value in sizes_set.items()]
    own += [f"{role}.short_side=[{size},{size}]", f"{role}.test_short_side={size}"]
    partner = [*PARTNERS[other], f"{other}.short_side=[32,32]", f"{other}.test_short_side=32"]
    data = ["data.train_per_class=1", "data.test_per_class=1", "data.length=168", "fit.share=0"]
    train = [f"train.epochs={max(1, steps * BATCH // CLASSES)}", f"train.batch_size={BATCH}"]
    test = ["test.local_clips=1", "test.global_clips=1", "precision=fp32"]
    said = {"width": f"{width:g}", "clip": f"{frames}x{size}x{size}"}
    return said, [*own, *partner, *data, *train, *test]


def walk(entry: BackboneEntry, role: str, out: Path, steps: int, limit: float) -> Row:
    """One run, told as a row."""
    row = {"backbone": entry.name, "stream": role}
    try:
        said, pairs = settings(entry, role, steps)
        with at_most(limit):
            row |= said | run(pairs, role, out)
    except Exception as error:  # whatever it is, it is this network's row
        row["why"] = (str(error).strip() or type(error).__name__).splitlines()[-1]
    return dict.fromkeys(COLUMNS, "") | row


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    def late(*_: object) -> None:
        raise TimeoutError(f"took longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def run(pairs: list[str], role: str, out: Path) -> Row:
    config = resolve("tiny", {"method": {"name": "two_stream"}}, pairs)
    launch = Launch(data_root=None, out=out / "runs", device="cpu", workers=0)
    folder = execute(config, launch, RunConsole(json=True, quiet=True)).folder
    record = folder.record()
    lines = folder.events.read_text(encoding="utf-8").splitlines()
    trained = [event for event in map(json.loads, lines) if event["event"] == "train"]
    top1 = (record.metrics.local if role == "local" else record.metrics.glob).top1
    return {
        "steps": str(record.timings.steps),
        "loss": f"{trained[-1]['losses'][f'{role}/ce']:.3f}",
        "right in test": f"{top1.correct} of {top1.of}",
    }


def markdown(rows: list[Row]) -> str:
    lines = [list(COLUMNS), ["---"] * len(COLUMNS), *([row[name] for name in COLUMNS] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def read(path: Path) -> list[Row]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def save(rows: list[Row], out: Path) -> None:
    table = [COLUMNS, *(tuple(row[name] for name in COLUMNS) for row in rows)]
    path = out / "backbones.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows(table)
    write_text(out / "backbones.md", markdown(rows))


@click.command()
@click.argument("patterns", nargs=-1)
@click.option("--out", type=click.Path(path_type=Path), default=Path("walks"), show_default=True)
@click.option(
    "--steps", type=click.IntRange(min=4), default=4, show_default=True, help="About so many steps."
)
@click.option("--limit", type=float, default=300.0, show_default=True, help="Seconds that a run may take.")
def main(patterns: tuple[str, ...], out: Path, steps: int, limit: float) -> None:
    find("r2plus1d50")  # fills the registry
    entries = [entry for entry in BACKBONES if not entry.name.endswith("*")]
    if patterns:
        entries = [e for e in entries if any(fnmatchcase(e.name, pattern) for pattern in patterns)]
    out.mkdir(parents=True, exist_ok=True)
    rows = [row for row in read(out / "backbones.csv") if not row["why"]]
    there = {(row["backbone"], row["stream"]) for row in rows}
    for entry in entries:
        for role in ROLES:
            if (entry.name, role) not in there:
                rows.append(walk(entry, role, out, steps, limit))
                save(rows, out)
                click.echo(" ".join(f"{value}" for value in rows[-1].values() if value))
    click.echo(f"{sum(not row['why'] for row in rows)} of {len(rows)} trained and tested: {out}/backbones.md")


if __name__ == "__main__":
    main()
