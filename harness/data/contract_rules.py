"""The contract of a data set's index as rules, checked on the user's own folder."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from backbones.base.errors import UserError
from backbones.base.rulebook import Finding, Rulebook
from harness.data.index import Video, VideoIndex
from harness.data.index_checks import few
from harness.data.registry import open_index


@dataclass
class Subject:
    """A data set under check: its name and what `harness run` would be given."""

    name: str
    root: Path | None
    split: str | None
    settings: dict[str, Any]

    @cached_property
    def index(self) -> VideoIndex:
        return self.open(self.root)

    def open(self, root: Path | None) -> VideoIndex:
        return open_index(self.name, root, self.split, self.settings)

    @property
    def videos(self) -> tuple[Video, ...]:
        return (*self.index.train, *self.index.test)


BOOK: Rulebook[Subject] = Rulebook()
RULES, rule = BOOK.rules, BOOK.rule


def check_dataset(
    name: str, root: Path | None, split: str | None = None, settings: dict[str, Any] | None = None
) -> list[Finding]:
    """Every rule on the data set's index of that folder; only the first where it cannot be opened."""
    subject = Subject(name, root, split, settings or {})
    opened = BOOK.examine("it_opens", subject)
    return BOOK.examine_all(subject) if opened.holds else [opened]


@rule
def it_opens(subject: Subject) -> str:
    """The builder gives a VideoIndex with videos to train and to test on."""
    index = subject.index
    if not isinstance(index, VideoIndex):
        return f"it gives {type(index).__name__}, not a VideoIndex"
    empty = [part for part in ("train", "test") if not getattr(index, part)]
    return f"no videos in {' and '.join(empty)}" if empty else ""


@rule
def ids_are_unique_and_relative(subject: Subject) -> str:
    """An id is a path relative to the root with "/", and no two videos share one."""
    ids = [video.id for video in subject.videos]
    twice = [name for name, count in Counter(ids).items() if count > 1]
    odd = [name for name in ids if Path(name).is_absolute() or "\\" in name or ".." in Path(name).parts]
    return f"used twice{few(twice)}" if twice else f"not relative{few(odd)}" if odd else ""


@rule
def no_file_is_in_both_parts(subject: Subject) -> str:
    """A file that is trained on is not tested on, under whatever name."""
    train, test = (
        {video.path.resolve() for video in part} for part in (subject.index.train, subject.index.test)
    )
    both = sorted(str(path) for path in train & test)
    return f"{len(both)} in both{few(both)}" if both else ""


@rule
def no_group_is_in_both_parts(subject: Subject) -> str:
    """Videos of one group (scene, subject, source) are all trained on or all tested on."""
    train, test = (
        {video.group for video in part} - {None} for part in (subject.index.train, subject.index.test)
    )
    both = sorted(str(group) for group in train & test)
    return f"{len(both)} in both{few(both)}" if both else ""


@rule
def labels_are_classes(subject: Subject) -> str:
    """Labels are 0 … K-1 with K unique class names; every class that is tested is trained."""
    classes = subject.index.classes
    if len(set(classes)) < len(classes):
        return "two classes have the same name"
    wrong = [f"{v.id} ({v.label!r})" for v in subject.videos if v.label not in range(len(classes))]
    if wrong:
        return f"labels beyond the {len(classes)} classes{few(wrong)}"
    unseen = {video.label for video in subject.index.test} - {video.label for video in subject.index.train}
    return f"tested but not trained{few([classes[label] for label in sorted(unseen)])}" if unseen else ""


@rule
def files_are_there(subject: Subject) -> str:
    """Every video of the index is on the disk; what the lists name and the disk lacks is in `missing`."""
    gone = [video.id for video in subject.videos if not video.path.exists()]
    return f"{len(gone)} are not{few(gone)}" if gone else ""


@rule
def it_opens_the_same_again(subject: Subject) -> str:
    """A second call gives the same videos in the same order, and the same fingerprint."""
    again = subject.open(subject.root)
    if again.fingerprint != subject.index.fingerprint:
        return "the fingerprint differs"
    same = (again.train, again.test, again.classes) == tuple(
        getattr(subject.index, name) for name in ("train", "test", "classes")
    )
    return "" if same else "the videos or their order differ"


@rule
def moving_the_folder_changes_nothing(subject: Subject) -> str:
    """Under another path the same folder has the same ids and fingerprint (checked through a link)."""
    if subject.root is None:
        return ""
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder) / "moved"
        link.symlink_to(subject.root.resolve(), target_is_directory=True)
        moved = subject.open(link)
        ids = [video.id for video in (*moved.train, *moved.test)]
    if ids != [video.id for video in subject.videos]:
        return "the ids differ"
    return "" if moved.fingerprint == subject.index.fingerprint else "the fingerprint differs"


@rule
def the_fingerprint_is_a_hash(subject: Subject) -> str:
    """64 hex digits (`harness.data.index_checks.fingerprint` makes them)."""
    text = subject.index.fingerprint
    good = len(text) == 64 and set(text) <= set("0123456789abcdef")
    return "" if good else f"it is {text!r}"


@rule
def first_and_last_videos_decode(subject: Subject) -> str:
    """The first and the last video give a frame (`harness data check` checks all)."""
    from harness.data.video.decode import VideoFile

    for video in (subject.videos[0], subject.videos[-1]):
        with VideoFile(video.path) as file:
            file.images([0])
    return ""


@rule
def a_missing_folder_is_a_user_error(subject: Subject) -> str:
    """With a root that does not exist it raises a UserError: one line, no traceback."""
    if subject.root is None:
        return ""
    try:
        subject.open(subject.root / "no-such-folder")
    except UserError:
        return ""
    except Exception as error:
        return f"it raises {type(error).__name__}; see harness.data.index_checks.existing_root"
    return "it gives an index of a folder that does not exist"
