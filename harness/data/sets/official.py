"""What the data sets with official lists share: finding the lists, finding the listed videos on the disk.

A video's id is its name in the official list, whatever the layout on the disk, so that seeds draw the same
clips for everyone. Files are known by their names without suffix: copies that were encoded again, flat
folders, class folders with other names and folders of frames all work as they are.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from backbones.base.errors import UsageError, UserError, suggestion
from harness.data.index import Video, VideoIndex
from harness.data.index_checks import Report, Severity, existing_root, fingerprint, is_video
from harness.data.lists.text import read_text

Media = Literal["auto", "videos", "frames"]


@dataclass(frozen=True)
class Listed:
    """A video as an official list names it.

    id: its name in the list. stems: names, best first, that its file (without suffix) or its folder of frames
    may have. part: "train" or "test".
    """

    id: str
    stems: tuple[str, ...]
    label: int
    part: str
    group: str | None = None


@dataclass(frozen=True)
class Found:
    """Where the wanted names are on the disk. twice: (name, path taken, path left)."""

    paths: Mapping[str, Path]
    twice: Sequence[tuple[str, Path, Path]] = ()


@dataclass(frozen=True)
class Official:
    """A data set with official lists, as it was asked for. root: a folder. report: what is wrong so far.

    media, missing, checks: as of `ucf101.index`.
    """

    dataset: str
    split: str
    root: Path
    media: Media
    missing: Severity
    checks: Severity
    report: Report

    @classmethod
    def asked(
        cls,
        dataset: str,
        splits: Sequence[str],
        root: Path | None,
        split: str,
        media: Media,
        missing: Severity,
        checks: Severity,
    ) -> Official:
        """A `UsageError` for a split, medium or severity that there is not, or without a folder."""
        check_choices(dataset, splits, split, media, missing=missing, checks=checks)
        return cls(dataset, split, existing_root(dataset, root), media, missing, checks, Report(dataset))

    def lists(self, given: Path | str | None, names: Sequence[str]) -> Path:
        """The folder of the official lists."""
        return find_lists(self.dataset, given, self.root, names)

    def check_classes(self, classes: Sequence[str], number: int) -> None:
        if len(classes) != number:
            text = f"{len(classes)} classes instead of {number}"
            self.report.problem(self.checks, text)

    def index(
        self,
        classes: Sequence[str],
        rows: Sequence[Listed],
        *,
        layout: str,
        counts: Mapping[str, int] | None = None,
        flip: bool = True,
    ) -> VideoIndex:
        """The index of the listed videos that are on the disk.

        counts: what the lists must have, where that is known. layout: an example path, for the error where no
        video is there. Listed videos that are missing, where that is a warning, are in `VideoIndex.missing`.
        """
        if counts:
            check_counts(self.report, self.checks, rows, counts)
        found = locate(self.root, {stem for row in rows for stem in row.stems}, self.media)
        places = {row: _place(row, found) for row in rows}
        absent = [row.id for row, path in places.items() if path is None]
        self._check_absent(absent, len(rows), layout)
        _warn_twice(found, self.root, self.report)
        parts = {part: _videos(places, part) for part in ("train", "test")}
        return VideoIndex(
            dataset=self.dataset,
            split=self.split,
            classes=tuple(classes),
            train=parts["train"],
            test=parts["test"],
            fingerprint=fingerprint(classes, parts["train"], parts["test"], named_groups=True),
            expected={part: sum(row.part == part for row in rows) for part in ("train", "test")},
            missing=tuple(absent),
            warnings=tuple(self.report.warnings),
            flip=flip,
        )

    def _check_absent(self, absent: Sequence[str], listed: int, layout: str) -> None:
        if len(absent) == listed:
            raise UserError(
                f"{self.dataset}: none of the {listed} listed videos is under '{self.root}'; expected files "
                f"like {layout}, in any folders, or folders of frames with such names"
            )
        if absent and self.missing == "error":
            advice = f"looked under '{self.root}'; --set data.missing=warn goes on without them"
            self.report.problem(
                "error", f"{len(absent)} of {listed} listed videos are missing", absent, advice
            )


def check_choices(dataset: str, splits: Sequence[str], split: str, media: str, **severities: str) -> None:
    """Raises UsageError for a split, medium or severity that there is not."""
    if split not in splits:
        hint = suggestion(split, list(splits)) or ";"
        raise UsageError(f"{dataset} has no split '{split}'{hint} expected {', '.join(splits)}")
    if media not in get_args(Media):
        raise UsageError(f"{dataset}: media is '{media}'; expected {', '.join(get_args(Media))}")
    for name, severity in severities.items():
        if severity not in get_args(Severity):
            raise UsageError(f"{dataset}: data.{name} is '{severity}'; expected error or warn")


def find_lists(dataset: str, given: Path | str | None, root: Path, names: Sequence[str]) -> Path:
    """The folder with one of the files `names`: the given one, else in or beside the root, one level down.

    A `UsageError` where there is none.
    """
    near = [Path(given), root / given] if given else [root, root.parent]
    for base in near:
        below = sorted(path for path in base.iterdir() if path.is_dir()) if base.is_dir() else []
        for folder in (base, base / "annotations", *below):
            if any((folder / name).is_file() for name in names):
                return folder
    where = f"'{given}'" if given else f"or one level below '{root}' or '{root.parent}'"
    raise UsageError(
        f"{dataset}: no official list ({names[0]}) in {where}; "
        "unpack the official annotations there, or name their folder with --set data.annotations=DIR"
    )


def first_file(folder: Path, names: Sequence[str]) -> Path:
    """The first of the files that is there; where none is, the first, so that the error names it."""
    return next((folder / name for name in names if (folder / name).is_file()), folder / names[0])


def given_file(path: Path | str, *folders: Path) -> Path:
    """A file that was named: as it is, or in one of the folders."""
    places = [Path(path), *(folder / path for folder in folders)]
    return next((place for place in places if place.is_file()), places[0])


def lines(path: Path) -> list[str]:
    """The lines of a list that are not empty, without line ends of any system."""
    return [line.strip() for line in read_text(path).splitlines() if line.strip()]


def locate(root: Path, stems: Collection[str], media: Media = "auto") -> Found:
    """Video files, or folders of frames, with those names anywhere below the root (links are followed).

    media: "auto" takes whichever there are more of, files where equal.
    """
    files, folders = _walk(root, frozenset(stems))
    use_files = media == "videos" or (media == "auto" and len(files) >= len(folders))
    chosen = files if use_files else folders
    twice = [(stem, paths[0], paths[1]) for stem, paths in chosen.items() if len(paths) > 1]
    return Found({stem: paths[0] for stem, paths in chosen.items()}, twice)


def _walk(root: Path, stems: frozenset[str]) -> tuple[dict[str, list[Path]], dict[str, list[Path]]]:
    """Paths of files and of folders by name. A wanted folder holds frames and is not walked through."""
    files: dict[str, list[Path]] = {}
    folders: dict[str, list[Path]] = {}
    seen: set[str] = set()
    for place, below, names in os.walk(root, followlinks=True):
        real = os.path.realpath(place)
        wanted = [name for name in sorted(below) if name in stems]
        below[:] = [] if real in seen else sorted(set(below) - set(wanted))
        if real in seen:  # a link back to a folder above
            continue
        seen.add(real)
        for name in wanted:
            folders.setdefault(name, []).append(Path(place, name))
        for name in sorted(names):
            path = Path(place, name)
            if path.stem in stems and is_video(path):
                files.setdefault(path.stem, []).append(path)
    return files, folders


def _videos(places: Mapping[Listed, Path | None], part: str) -> tuple[Video, ...]:
    return tuple(
        Video(row.id, path, row.label, row.group)
        for row, path in places.items()
        if path is not None and row.part == part
    )


def _place(row: Listed, found: Found) -> Path | None:
    return next((found.paths[stem] for stem in row.stems if stem in found.paths), None)


def _warn_twice(found: Found, root: Path, report: Report) -> None:
    if found.twice:
        _, taken, left = found.twice[0]
        text = f"{len(found.twice)} videos are there more than once"
        names = [f"'{taken.relative_to(root)}' is taken, '{left.relative_to(root)}' is not"]
        report.problem("warn", text, names, "point --data-root at one copy")


def check_counts(
    report: Report, severity: Severity, rows: Iterable[Listed], known: Mapping[str, int]
) -> None:
    """Compares the lists' own lengths with the published ones: an edited or cut list is said."""
    counts = dict.fromkeys(known, 0)
    for row in rows:
        counts[row.part] += 1
    wrong = [
        f"{part} has {counts[part]} videos, officially {number}"
        for part, number in known.items()
        if counts[part] != number
    ]
    if wrong:
        advice = "use the official files, or --set data.checks=warn where this is meant"
        report.problem(severity, "the lists are not the official ones", wrong, advice)
