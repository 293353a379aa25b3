"""How the preset `finetune` was tuned on UT-Interaction, and what it reaches: VTN over EfficientNet-Lite0.

    .venv/bin/python scripts/tuning/finetune.py DIR            # every setting of SETTINGS, on set 1 alone
    .venv/bin/python scripts/tuning/finetune.py DIR --test     # the preset as it is, on set 2

Settings are judged by validation clips of set 1: half of its sequences, trained on the other half, one centre
crop. Set 2 is tested once, by leaving each of its sequences out in turn. Runs are kept under --out, and
finished ones are not run again. The lines go to results/measured/ut-interaction/, to tuning.csv (which has
other lines, too: a search on stored frame features of set 1, which no script repeats) or finetune.csv.
"""

from __future__ import annotations

from harness import openmp

openmp.settle()

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from scipy.stats import binomtest

from harness.config.preset_files import merge
from harness.config.resolve import resolve
from harness.console.console import RunConsole
from harness.data.sets.ut_interaction import SPLITS
from harness.execution.execute import execute
from harness.execution.job import Launch
from harness.record.schema import RunRecord, Share

FOLDER = Path(__file__).parents[2] / "results" / "measured" / "ut-interaction"
ALONE = {
    "method": {"name": "single", "settings": {"stream": "global"}},
    "global": {"backbone": "vtn:efficientnet_lite0", "weights": "imagenet"},
    "data": {"dataset": "ut-interaction", "split": "set1-set2"},
    "precision": "fp32",
}
VALIDATION = {"data": {"validation": 0.5}, "test": {"part": "validation", "crops": 1}}
SET2 = [split for split in SPLITS if split.startswith("set2-seq")]
# What was tried, in this order. The preset is the last one.
SETTINGS: tuple[str, ...] = (
    "global.frozen_layers=17 train.lr=0.001 train.layer_decay=0.75 train.batch_size=8 train.epochs=12",
    "global.frozen_layers=7 train.lr=0.002 train.layer_decay=0.7 train.batch_size=4 train.epochs=15",
    "global.frozen_layers=17 train.lr=0.001 train.layer_decay=1 train.batch_size=8 train.epochs=24",
)
ON_SET1, ON_SET2 = "30 clips of set 1, trained on the other 30", "set 2, each sequence left out"


def record_of(
    flags: dict[str, Any], pairs: Sequence[str], launch: Launch, alone: dict[str, Any] = ALONE
) -> RunRecord:
    config = resolve("finetune", merge(alone, flags), pairs)
    return execute(config, launch, RunConsole(json=True, quiet=True)).folder.run_record()


def row(how: str, setting: str, shares: Sequence[Share]) -> dict[str, str | int]:
    """A line of the table. The interval (Wilson) takes videos as independent, which is not quite so."""
    right, of = sum(share.correct for share in shares), sum(share.of for share in shares)
    interval = binomtest(right, of).proportion_ci(method="wilson")
    return {
        "how": how,
        "setting": setting or "preset finetune",
        "right": right,
        "videos": of,
        "top1": f"{100 * right / of:.1f}",
        "low": f"{100 * interval.low:.1f}",
        "high": f"{100 * interval.high:.1f}",
    }


def tuned(setting: str, launch: Launch) -> dict[str, str | int]:
    record = record_of(VALIDATION, setting.split(), launch)
    return row(ON_SET1, setting, [record.validation.glob.top1])


def tested(launch: Launch) -> dict[str, str | int]:
    flags = ({"data": {"split": split, "validation": 0.0}} for split in SET2)
    records = [record_of(each, (), launch) for each in flags]
    return row(ON_SET2, "", [record.metrics.glob.top1 for record in records])


def write(path: Path, lines: Sequence[dict[str, str | int]]) -> None:
    """In place of the lines that were made the same way; all others stay."""
    kept = list(csv.DictReader(path.open(encoding="utf-8"))) if path.exists() else []
    rows = [each for each in kept if each["how"] != lines[0]["how"]] + list(lines)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, lines[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@click.command()
@click.argument("root", type=click.Path(path_type=Path))
@click.option("--test", is_flag=True, help="The preset on set 2, instead of settings on set 1.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("runs"))
def main(root: Path, test: bool, out: Path) -> None:
    launch = Launch(data_root=root, out=out, device="cpu", workers=0)
    lines = []
    for each in ("",) if test else SETTINGS:
        lines.append(tested(launch) if test else tuned(each, launch))
        click.echo(lines[-1])
    write(FOLDER / ("finetune.csv" if test else "tuning.csv"), lines)


if __name__ == "__main__":
    main()
