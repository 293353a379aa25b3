"""Something-Something V2: 220,847 clips of 174 actions with objects (Goyal et al., ICCV 2017; V2 of 2018).

Lists: `something-something-v2-{labels,train,validation}.json`. Left and right matter ("Pushing something from
left to right"), so nothing is flipped. The test set's labels are not public: tests run on the validation set.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from backbones.base.errors import UserError
from harness.data.index import VideoIndex
from harness.data.index_checks import Severity
from harness.data.lists.text import read_text
from harness.data.sets import official
from harness.data.sets.official import Listed, Media, Official

SPLITS = ("validation",)
CLASSES = 174
COUNTS = {"train": 168_913, "test": 24_777}
_PREFIXES = ("something-something-v2-", "sthv2_", "")


def index(
    root: Path | None,
    split: str = "validation",
    *,
    annotations: Path | str | None = None,
    media: Media = "auto",
    missing: Severity = "error",
    checks: Severity = "error",
) -> VideoIndex:
    """The clips `<number>.webm` under `root`; labels are the numbers of the labels file.

    The settings: as of `ucf101.index`.
    """
    asked = Official.asked("ssv2", SPLITS, root, split, media, missing, checks)
    folder = asked.lists(annotations, _names("labels"))
    classes = read_labels(official.first_file(folder, _names("labels")))
    asked.check_classes(classes, CLASSES)
    rows = [
        row
        for part, name in (("train", "train"), ("test", "validation"))
        for row in read_part(official.first_file(folder, _names(name)), part, classes)
    ]
    layout = "20bn-something-something-v2/78687.webm"
    return asked.index(classes, rows, counts=COUNTS, layout=layout, flip=False)


def read_labels(path: Path) -> list[str]:
    """Class names in the order of their numbers, from a JSON object of name: number.

    A `UserError` where the numbers are not 0, 1, 2 and so on, each once.
    """
    labels = _json(path, dict)
    names = sorted(labels, key=lambda name: int(labels[name]) if str(labels[name]).isdigit() else -1)
    if [str(labels[name]) for name in names] != [str(number) for number in range(len(names))]:
        raise UserError(f"{path}: expected class names with the numbers 0 to {len(names) - 1}, each once")
    return names


def read_part(path: Path, part: str, classes: list[str]) -> list[Listed]:
    """The clips of a JSON list of objects with "id" and "template" (brackets mark the places of objects)."""
    numbers = {name: number for number, name in enumerate(classes)}
    return [_listed(path, row, part, numbers) for row in _json(path, list)]


def _listed(path: Path, row: Any, part: str, numbers: dict[str, int]) -> Listed:
    if not isinstance(row, dict) or not {"id", "template"} <= set(row):
        raise UserError(f"{path}: expected objects with id and template, not {json.dumps(row)[:80]}")
    name = str(row["template"]).replace("[", "").replace("]", "")
    if name not in numbers:
        raise UserError(f"{path}: clip {row['id']} has the unknown class '{name}'")
    return Listed(f"{row['id']}.webm", (str(row["id"]),), numbers[name], part)


def _json(path: Path, kind: type) -> Any:
    try:
        value = json.loads(read_text(path))
    except ValueError as error:
        raise UserError(f"{path}: not a JSON file ({error})") from None
    if not isinstance(value, kind):
        raise UserError(f"{path}: expected a JSON {'object' if kind is dict else 'list'}")
    return value


def _names(part: str) -> list[str]:
    return [f"{prefix}{part}.json" for prefix in _PREFIXES]
