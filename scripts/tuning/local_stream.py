"""How the local stream of the study `ut-interaction` was chosen: on validation clips of set 1.

    .venv/bin/python scripts/tuning/local_stream.py DIR --out RUNS

Half of the sequences of set 1 train, from random weights, the other half is looked at. Finished runs in RUNS
are not run again. The lines go to results/measured/ut-interaction/local.csv; set 2 is not looked at.
"""

from __future__ import annotations

from harness import openmp

openmp.settle()

from pathlib import Path

import click
import finetune

from harness.execution.job import Launch

FLAGS = {
    "method": {"name": "single"},
    "data": {"dataset": "ut-interaction", "split": "set1-set2", "validation": 0.5},
    "local": {
        "backbone": "r2plus1d50",
        "width": 0.125,
        "frames": 8,
        "short_side": [72, 80],
        "test_short_side": 72,
        "crop": 64,
        "settings": {"residual_gamma": 0.25},
    },
    "test": {"part": "validation"},
    "fit": {"rules": "own"},
    "precision": "fp32",
}
# What was tried, in this order. The study has the last one, with as many steps.
NARROW = "local.backbone=r2plus1d18"
SETTINGS: tuple[str, ...] = (
    *(f"local.stride=2 local.lr_factor={factor} train.epochs=30" for factor in (1, 3, 10)),
    *(f"local.stride=2 local.lr_factor={factor} train.epochs=30 seed=1" for factor in (1, 3, 10)),
    "local.stride=2 local.lr_factor=10 train.epochs=100",
    "local.stride=4 local.lr_factor=10 train.epochs=100 train.label_smoothing=0",
    "local.stride=2 local.lr_factor=30 train.epochs=100",
    f"{NARROW} local.stride=4 local.lr_factor=10 train.epochs=100",
    "local.stride=4 local.lr_factor=10 train.epochs=100 train.batch_size=4",
    "local.frames=16 local.stride=4 local.lr_factor=3 train.epochs=60",
    f"{NARROW} local.width=0.25 local.stride=4 local.lr_factor=10 train.epochs=200 train.batch_size=4",
    "local.stride=8 local.lr_factor=3 train.epochs=100",
    f"{NARROW} local.width=0.25 local.stride=8 local.lr_factor=10 train.epochs=150 train.batch_size=4",
    f"{NARROW} local.frames=16 local.stride=4 local.lr_factor=10 train.epochs=100 train.batch_size=4",
    "local.stride=8 local.lr_factor=10 train.epochs=100",
    "local.stride=8 local.lr_factor=3 train.epochs=200",
)


@click.command()
@click.argument("root", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=Path("runs"))
def main(root: Path, out: Path) -> None:
    launch = Launch(data_root=root, out=out, device="cpu", workers=0)
    lines = []
    for setting in SETTINGS:
        record = finetune.record_of(FLAGS, setting.split(), launch, alone={})
        lines.append(finetune.row(finetune.ON_SET1, setting, [record.validation.local.top1]))
        click.echo(lines[-1])
    finetune.write(finetune.FOLDER / "local.csv", lines)


if __name__ == "__main__":
    main()
