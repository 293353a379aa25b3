"""UCF101: 13,320 clips of 101 actions, three official splits (Soomro, Zamir & Shah, 2012).

Lists: `ucfTrainTestlist` (classInd.txt, trainlist0N.txt, testlist0N.txt). Each class has 25 groups of clips
cut from one source, `v_<Class>_g<NN>_c<NN>`; the official splits keep groups together.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from backbones.base.errors import UserError
from harness.data.index import VideoIndex
from harness.data.index_checks import Severity
from harness.data.lists.classes import read_classes
from harness.data.sets.official import Listed, Media, Official, lines

SPLITS = ("1", "2", "3")
CLASSES = 101
COUNTS = {"1": (9537, 3783), "2": (9586, 3734), "3": (9624, 3696)}
_GROUP = re.compile(r"v_(?P<group>\w+_g\d+)_c\d+")


def index(
    root: Path | None,
    split: str = "1",
    *,
    annotations: Path | str | None = None,
    media: Media = "auto",
    missing: Severity = "error",
    checks: Severity = "error",
) -> VideoIndex:
    """The videos under `root` in split 1, 2 or 3; labels are those of classInd.txt, from 0.

    annotations: folder of the official lists; by default looked for in and beside the root. media: "videos",
    "frames" (folders of `img_00001.jpg`) or whichever there are more of. missing, checks: whether listed
    files that are not there, or lists of other than the published lengths, are an error or a warning.
    """
    asked = Official.asked("ucf101", SPLITS, root, split, media, missing, checks)
    folder = asked.lists(annotations, ["classInd.txt"])
    classes = read_classes(folder / "classInd.txt")
    asked.check_classes(classes, CLASSES)
    rows = [
        row
        for part in ("train", "test")
        for row in read_part(folder / f"{part}list0{split}.txt", part, classes)
    ]
    counts = dict(zip(("train", "test"), COUNTS[split], strict=True))
    return asked.index(classes, rows, counts=counts, layout="ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi")


def read_part(path: Path, part: str, classes: list[str]) -> list[Listed]:
    """The rows of a list of `<Class>/<file>.avi [number]`; the number, from 1, must be the folder's class."""
    numbers = {name: number for number, name in enumerate(classes)}
    return [_row(path, line, part, numbers) for line in lines(path)]


def _row(path: Path, line: str, part: str, numbers: dict[str, int]) -> Listed:
    name, _, number = line.partition(" ")
    folder, stem = PurePosixPath(name).parent.name, PurePosixPath(name).stem
    group = _GROUP.fullmatch(stem)
    if folder not in numbers or not group:
        raise UserError(f"{path}: '{line}' is not <class>/v_<class>_g01_c01.avi with a class of classInd.txt")
    if number and number.strip() != str(numbers[folder] + 1):
        raise UserError(
            f"{path}: '{line}' gives class {number.strip()}, but classInd.txt says {numbers[folder] + 1}: "
            "the two files do not belong together"
        )
    # Copies differ in one class: HandstandPushups has files v_HandStandPushups_... or v_HandstandPushups_...
    other = f"v_{folder}_{stem.split('_', 2)[2]}"
    return Listed(name, tuple(dict.fromkeys((stem, other))), numbers[folder], part, group["group"])
