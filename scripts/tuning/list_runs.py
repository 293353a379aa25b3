"""Runs that were tested on validation clips, as rows: what was tried before the settings were fixed.

    python scripts/tuning/list_runs.py DIR > results/measured/tuning/difficulty.csv

DIR is a folder of runs. Top-1 in percent of the validation clips, of each stream by family; no test clip was
seen by any of them.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import Any

from harness.config.difference import flatten
from harness.record.reading import record_files, records_in
from harness.record.schema import RunRecord, Scores

SETTINGS = (
    "train.epochs",
    "train.lr",
    "data.tremble",
    "data.lead",
    "data.jitter",
    "data.flicker",
    "data.seed",
)


def row(record: RunRecord) -> dict[str, Any]:
    """One run. data.seed: also the pre-training's, where the clips are the pair's own."""
    assert record.validation is not None
    settings = flatten(record.config)
    study = record.study
    found: dict[str, Any] = {
        "run": record.id,
        "arm": study.arm if study else settings["method.name"],
        "pair": study.pair if study else "",
        "seed": settings["seed"],
        "code": (record.code.commit or "")[:12],
    }
    found |= {key: settings.get(key, "") for key in SETTINGS}
    own = record.validation.fusion[record.fusion]
    for name, scores in (
        ("local", record.validation.local),
        ("global", record.validation.glob),
        ("own", own),
    ):
        found |= _families(name, scores)
    return found | {"videos": own.top1.of, "train_s": round(record.timings.train_s)}


def _families(name: str, scores: Scores) -> dict[str, float]:
    families = {f"{name}.{family}": round(share.percent, 1) for family, share in scores.per_family.items()}
    return {f"{name}.top1": round(scores.top1.percent, 1)} | families


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    read = [
        each
        for folder in parser.parse_args().folders
        for file in record_files(folder)
        for each in records_in(file)
    ]
    records = [each for each in read if not isinstance(each, str) and each.validation is not None]
    rows = [row(each) for each in sorted(records, key=lambda each: each.finished)]
    writer = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


if __name__ == "__main__":
    main()
