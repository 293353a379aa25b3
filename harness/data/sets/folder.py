"""Your own videos: class folders, or a CSV / text list of path, label and optionally group and split."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import get_args

from backbones.base.errors import UsageError, UserError, suggestion
from backbones.base.imports import uncollected
from backbones.base.plain_text import clean
from harness.data.class_folders import class_folders
from harness.data.holdout import holdout_groups
from harness.data.index import Video, VideoIndex
from harness.data.index_checks import Report, Severity, existing_root, fingerprint, some
from harness.data.links import Links, check_links_setting, refuse_outside
from harness.data.lists.classes import class_file
from harness.data.lists.labels import class_names
from harness.data.lists.pair import read_lists
from harness.data.lists.read import Row
from harness.data.lists.text import as_number, is_whole

FEW_TESTS = 5  # with fewer, one class may well be all that was kept
SPLITS = ("auto", "test", "val")
# In a path that is not as plain as most: it begins at the top, or has empty parts, "." or "..".
_ODD = re.compile(r"^/|/$|//|(?:^|/)\.{1,2}(?:/|$)|^$")


def index(
    root: Path | None,
    split: str = "auto",
    *,
    annotations: Path | str | None = None,
    train_list: Path | str | None = None,
    test_list: Path | str | None = None,
    columns: str | Sequence[str] | None = None,
    delimiter: str | None = None,
    labels: Path | str | None = None,
    missing: Severity = "error",
    checks: Severity = "error",
    flip: bool = True,
    holdout: float = 0.25,
    links: Links = "inside",
) -> VideoIndex:
    """The videos under `root`: of train_list and test_list, else of annotations, else of class folders.

    Folders are `root/<class>/…` or `root/{train,val,test}/<class>/…`; a folder of frames (`img_00001.jpg`)
    is a video. List files (see `harness.data.lists`) are looked for here, then under `root`; their paths are
    relative to `root`, or to the folder where the disk has them. columns, delimiter: of the lists, where the
    evidence is not to decide. labels: a file of class names by number, else classes are the sorted labels.
    split: the part to test on; "auto" is "test", else "val", else a hold-out of the share `holdout`, by
    group. A warning counts videos of unused parts.
    missing: what listed files that are not there are (with "warn" they are left out). checks: the same of
    all else that is wrong (rows that cannot be used are left out). links: "follow": also out of `root`.
    """
    _check_options(split, holdout, links, missing=missing, checks=checks)
    base, report = existing_root("folder", root), Report("folder")
    files = [_locate(base, file) for file in (train_list, test_list, annotations, labels)]
    rows, says = _rows(base, files[0], files[1], files[2], columns, delimiter, links)
    rows = _unique(rows, report, checks)
    classes, rows, said = class_names(rows, class_file(files[3]) if files[3] else None, report, checks)
    train, test = _parts(rows, split, holdout, report, checks)
    _check_counts(train, test, report, checks)
    absent = _absent(base, (*train, *test), report, missing, links)
    trained, tested = (_videos(base, part, classes, frozenset(absent)) for part in (train, test))
    return VideoIndex(
        dataset="folder",
        split=split,
        classes=tuple(classes),
        train=trained,
        test=tested,
        fingerprint=fingerprint(classes, trained, tested),
        expected={"train": len(train), "test": len(test)} if any(files[:3]) else {},
        missing=tuple(absent),
        warnings=tuple(report.warnings),
        flip=flip,
        layout=(*says, said),
    )


def _absent(base: Path, rows: Sequence[Row], report: Report, missing: Severity, links: Links) -> list[str]:
    """Paths of listed files that are not there: a problem of that severity. None may lie elsewhere."""
    if links == "inside":
        refuse_outside("folder", base, (row.path for row in rows))
    absent = [row.path for row in rows if not os.access(f"{base}/{row.path}", os.F_OK)]
    if absent:
        text = some(len(absent), "video is missing", "videos are missing")
        left_out = "they are left out"
        report.problem(missing, text, absent, f"looked under '{base}'", setting="missing", else_=left_out)
    return absent


def _check_options(split: str, holdout: float, links: str, **severities: str) -> None:
    check_links_setting("folder", links)
    if split not in SPLITS:
        hint = suggestion(split, list(SPLITS)) or ";"
        raise UsageError(f"folder has no split '{split}'{hint} expected auto, test or val")
    if not 0 < holdout < 1:
        raise UsageError(f"folder: holdout is {holdout}; expected a share between 0 and 1")
    for name, severity in severities.items():
        if severity not in get_args(Severity):
            raise UsageError(f"folder: data.{name} is '{severity}'; expected error or warn")


def _locate(root: Path, file: Path | str | None) -> Path | None:
    if file is None:
        return None
    return Path(file) if Path(file).exists() else root / file


def _rows(
    root: Path,
    train: Path | None,
    test: Path | None,
    annotations: Path | None,
    columns: str | Sequence[str] | None,
    delimiter: str | None,
    links: Links,
) -> tuple[list[Row], tuple[str, ...]]:
    """The rows, and a line for each that says what was taken for what."""
    if (train is None) != (test is None):
        raise UsageError("folder: train_list and test_list go together; only one of them was given")
    files = {"train": train, "test": test} if train and test else {None: annotations}
    given: dict[str | None, Path] = {part: file for part, file in files.items() if file}
    if not given:
        return class_folders(root, links)
    with uncollected():  # millions of small objects, none of them garbage
        lists = read_lists(root, given, delimiter, columns)
    rows = [
        row._replace(path=_inside(root, row.path if each.base == root else f"{each.base}/{row.path}"))
        for each in lists
        for row in each.rows
    ]
    return rows, tuple(line for each in lists for line in each.says)


def _inside(root: Path, path: str) -> str:
    """The path relative to the root, "/" between its parts."""
    if not _ODD.search(path):
        return path
    relative = os.path.relpath(path, root) if Path(path).is_absolute() else os.path.normpath(path)
    if relative == ".." or relative.startswith("../") or "\0" in relative:
        raise UserError(f"folder: '{path}' lies outside '{root}'; list paths relative to --data-root")
    return PurePosixPath(Path(relative)).as_posix()


def _unique(rows: list[Row], report: Report, checks: Severity) -> list[Row]:
    """Rows without repeats: a repeat in a part is dropped, as is a training row whose file is tested on."""
    tested = {row.path for row in rows if row.split != "train"}
    both = sorted({row.path for row in rows if row.split == "train"} & tested)
    if both:
        text = some(len(both), "file is in both splits", "files are in both splits")
        report.problem(checks, text, both, setting="checks", else_="they are left out of training")
    rows = [row for row in rows if row.split != "train" or row.path not in tested]
    counts = Counter(row.path for row in rows)
    repeated = [path for path, count in counts.items() if count > 1]
    if repeated:
        text = some(len(repeated), "file is listed more than once", "files are listed more than once")
        labels: dict[str, set[str]] = {path: set() for path in repeated}
        for row in rows:
            if row.path in labels:
                labels[row.path].add(row.label)
        apart = sum(len(each) > 1 for each in labels.values())
        text += f", {apart} of them with different labels" if apart else ""
        report.problem(checks, text, repeated, setting="checks", else_="the first row counts")
    return list({row.path: row for row in reversed(rows)}.values())[::-1]


def _parts(
    rows: list[Row], split: str, holdout: float, report: Report, checks: Severity
) -> tuple[list[Row], list[Row]]:
    """The rows to train and to test on."""
    named = {row.split for row in rows} - {None}
    if not named and split == "auto":
        groups = holdout_groups([(row.group or row.path, row.label) for row in rows], holdout)
        parts = (
            [row for row in rows if (row.group or row.path) not in groups],
            [row for row in rows if (row.group or row.path) in groups],
        )
    else:
        target = split if split != "auto" else "test" if "test" in named else "val"
        parts = ([row for row in rows if row.split == "train"], [row for row in rows if row.split == target])
        unused = [row.path for row in rows if row.split not in ("train", target)]
        if unused:
            report.problem("warn", f"{len(unused)} videos are in neither 'train' nor '{target}'", unused)
    if not all(parts):
        raise UserError(
            f"folder: {len(parts[0])} videos to train and {len(parts[1])} to test on (split '{split}'); "
            "expected some of each: the folders or the list's column 'split' name the splits, and split "
            "'auto' makes them where nothing does"
        )
    return parts


def _check_counts(train: list[Row], test: list[Row], report: Report, checks: Severity) -> None:
    """Classes too small to learn or to test, groups on both sides."""
    counts = Counter(row.label for row in (*train, *test))
    single = sorted(label for label, count in counts.items() if count == 1)
    if single:
        text = some(len(single), "class has a single video", "classes have a single video")
        report.problem(checks, text, single, "add videos or leave them out", setting="checks")
    unseen = sorted({row.label for row in test} - {row.label for row in train} - set(single))
    if unseen:
        text = some(len(unseen), "class is tested but has", "classes are tested but have")
        report.problem(checks, f"{text} no training video", unseen, setting="checks")
    _warn_of_placeholders(train, test, report)
    shared = sorted(_groups(train) & _groups(test))
    if shared:
        text = some(len(shared), "group is in both splits", "groups are in both splits")
        report.problem(checks, text, shared, "their videos are not independent", setting="checks")


def _warn_of_placeholders(train: list[Row], test: list[Row], report: Report) -> None:
    """Labels of test videos that are none: all alike, or counted from another number."""
    trained, tested = {row.label for row in train}, {row.label for row in test}
    if len(tested) == 1 < len(trained) and len(test) >= FEW_TESTS:
        text = f"all {len(test)} test videos have the label '{next(iter(tested))}'"
        report.problem("warn", text, advice="labels of hidden test sets are often a placeholder")
    if all(map(is_whole, trained | tested)) and tested - trained:
        shifted = {str(as_number(label) - 1) for label in tested}
        if shifted == {str(as_number(label)) for label in trained}:
            text = "labels of test videos count from 1, those of training videos from 0"
            report.problem("warn", text, advice="number both alike")


def _groups(rows: Iterable[Row]) -> set[str]:
    return {row.group for row in rows if row.group is not None}


def _videos(
    root: Path, rows: Iterable[Row], classes: Sequence[str], gone: frozenset[str]
) -> tuple[Video, ...]:
    numbers = {name: number for number, name in enumerate(classes)}
    videos = tuple(
        Video(id=clean(row.path), path=root / row.path, label=numbers[row.label], group=row.group)
        for row in rows
        if row.path not in gone
    )
    if len({video.id for video in videos}) < len(videos):
        raise UserError("folder: names of videos differ in control characters alone; rename them")
    return videos
