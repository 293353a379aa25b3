"""HMDB51: 6,766 clips of 51 actions, three official splits (Kuehne et al., ICCV 2011).

Lists: `testTrainMulti_7030_splits`, one file `<class>_test_split<N>.txt` per class and split, with lines of
`<file>.avi flag`: 1 trains, 2 tests, 0 is unused. A file is named
`<source>_<class>_<body>_<camera>_np<people>_<view>_<quality>_<number>.avi`.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from backbones.base.errors import UserError
from harness.data.index import VideoIndex
from harness.data.index_checks import Severity
from harness.data.sets.official import Listed, Media, Official, lines

SPLITS = ("1", "2", "3")
CLASSES = 51
COUNTS = {"train": 3570, "test": 1530}
_PARTS = {"1": "train", "2": "test", "0": None}
_ENDING = r"_[a-z]_[a-z]{2}_np\d+_[a-z]{2}_[a-z]{3}_\d+"


def index(
    root: Path | None,
    split: str = "1",
    *,
    annotations: Path | str | None = None,
    media: Media = "auto",
    missing: Severity = "error",
    checks: Severity = "error",
) -> VideoIndex:
    """The videos under `root` in split 1, 2 or 3; labels are the sorted class names.

    Groups are the sources of a class, which the official splits keep together (a film that shows several
    classes may be on both sides). annotations, media, missing, checks: as of `ucf101.index`.
    """
    asked = Official.asked("hmdb51", SPLITS, root, split, media, missing, checks)
    ending = f"_test_split{split}.txt"
    folder = asked.lists(annotations, [f"brush_hair{ending}"])
    files = {path.name.removesuffix(ending): path for path in folder.glob(f"*{ending}")}
    classes = sorted(files)
    asked.check_classes(classes, CLASSES)
    rows = [row for label, name in enumerate(classes) for row in read_class(files[name], name, label)]
    layout = "brush_hair/April_09_brush_hair_u_nm_np1_ba_goo_0.avi"
    return asked.index(classes, rows, counts=COUNTS, layout=layout)


def read_class(path: Path, name: str, label: int) -> list[Listed]:
    """The rows of one class that train or test; a `UserError` where a line does not end in 0, 1 or 2."""
    rows = []
    for line in lines(path):
        file, _, flag = line.rpartition(" ")
        if not file or flag not in _PARTS:
            raise UserError(f"{path}: '{line}' does not end in 0 (unused), 1 (train) or 2 (test)")
        stem, part = PurePosixPath(file.strip()).stem, _PARTS[flag]
        source = re.fullmatch(rf"(.+)_{re.escape(name)}{_ENDING}", stem)
        if part:
            group = f"{name}/{source[1] if source else stem}"
            rows.append(Listed(f"{name}/{file.strip()}", (stem,), label, part, group))
    return rows
