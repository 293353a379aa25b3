"""Kinetics-400: ten-second clips of YouTube videos, 400 actions (Kay et al., 2017).

Lists: CSV files with columns label, youtube_id, time_start, time_end, split. Videos that YouTube no longer
has are normal: they are counted and listed beside the number that the CSV files promise.
"""

from __future__ import annotations

import csv
from pathlib import Path

from backbones.base.errors import UserError
from harness.data.index import VideoIndex
from harness.data.index_checks import Severity
from harness.data.lists.classes import read_classes
from harness.data.lists.text import read_text
from harness.data.sets import official
from harness.data.sets.official import Listed, Media, Official

SPLITS = ("val", "test")
CLASSES = 400
_COLUMNS = ("label", "youtube_id", "time_start", "time_end")
_PREFIXES = ("kinetics_", "kinetics400_", "kinetics-400_", "")


def index(
    root: Path | None,
    split: str = "val",
    *,
    annotations: Path | str | None = None,
    labels: Path | str | None = None,
    media: Media = "auto",
    missing: Severity = "warn",
    checks: Severity = "error",
) -> VideoIndex:
    """The clips under `root`, trained on the training list and tested on that of `split`.

    Labels are the sorted class names, or the lines of the file `labels`. A clip is
    `<youtube_id>_<start>_<end>`, both in seconds with six digits, or `<youtube_id>` alone, in any folders.
    Its group is the source video. The other settings: as of `ucf101.index`.
    """
    asked = Official.asked("kinetics400", SPLITS, root, split, media, missing, checks)
    folder = asked.lists(annotations, _names("train"))
    tested = "validate" if split == "val" else split
    table = {
        "train": read_clips(official.first_file(folder, _names("train"))),
        "test": read_clips(official.first_file(folder, [*_names(split), *_names(tested)])),
    }
    classes = (
        read_classes(official.given_file(labels, asked.root, folder))
        if labels
        else sorted({row["label"] for rows in table.values() for row in rows})
    )
    asked.check_classes(classes, CLASSES)
    numbers = {name: number for number, name in enumerate(classes)}
    rows = [_listed(row, part, numbers, folder) for part, clips in table.items() for row in clips]
    return asked.index(classes, rows, layout="abseiling/-3B32lodo2M_000059_000069.mp4")


def read_clips(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, each with at least label, youtube_id, time_start and time_end.

    A `UserError` where a column or a value of these is missing.
    """
    table = csv.DictReader(read_text(path).splitlines(), skipinitialspace=True)
    absent = [name for name in _COLUMNS if name not in (table.fieldnames or ())]
    if absent:
        raise UserError(f"{path}: no column {', '.join(absent)}; expected the columns {', '.join(_COLUMNS)}")
    rows = list(table)
    for number, row in enumerate(rows, 2):
        if not all(row[name] for name in _COLUMNS):
            raise UserError(f"{path}: line {number} lacks one of {', '.join(_COLUMNS)}")
    return rows


def _names(part: str) -> list[str]:
    return [f"{prefix}{part}.csv" for prefix in _PREFIXES]


def _listed(row: dict[str, str], part: str, numbers: dict[str, int], folder: Path) -> Listed:
    video, label = row["youtube_id"], row["label"]
    if label not in numbers:
        raise UserError(f"kinetics400: class '{label}' of the lists in '{folder}' is not among the labels")
    try:
        start, end = (int(float(row[name])) for name in ("time_start", "time_end"))
    except ValueError:
        times = f"{row['time_start']} to {row['time_end']}"
        raise UserError(f"kinetics400: '{video}' has times that are no numbers: {times}") from None
    clip = f"{video}_{start:06d}_{end:06d}"
    return Listed(f"{part}/{clip}", (clip, video), numbers[label], part, video)
