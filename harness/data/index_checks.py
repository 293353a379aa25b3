"""What the data sets share: which files are videos, one-line reports of what is wrong, the fingerprint."""

from __future__ import annotations

import hashlib
import json
import re
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from backbones.base.errors import UsageError, UserError
from backbones.base.plain_text import clean
from harness.data.index import Video

SUFFIXES = (
    *(".avi", ".mp4", ".mkv", ".mov", ".webm", ".mpg", ".mpeg", ".wmv", ".flv", ".m4v", ".3gp", ".3g2"),
    *(".ts", ".m2ts", ".mts", ".vob", ".ogv", ".asf", ".gif", ".divx", ".mxf", ".m2v"),
)
_FRAME = re.compile(r"(?:img|image|frame)?_?(?P<number>\d+)\.(?:jpe?g|png)", re.IGNORECASE)
Severity = Literal["error", "warn"]


@dataclass
class Report:
    """Collects what is wrong with a data set: errors are raised at once, warnings kept."""

    dataset: str
    warnings: list[str] = field(default_factory=list)

    def problem(
        self,
        severity: Severity,
        text: str,
        names: Iterable[str] = (),
        advice: str = "",
        *,
        setting: str = "",
        else_: str = "",
    ) -> None:
        """One line: the data set, what is wrong, the first few names and their count, what to do.

        severity: "error" raises it as a `UserError`. setting: the one that makes a warning of an error;
        else_: what a warning means for the run.
        """
        line = clean(f"{self.dataset}: {text}{few(list(names))}{f'; {advice}' if advice else ''}")
        if severity == "error":
            goes_on = f"; --set data.{setting}=warn goes on" if setting else ""
            raise UserError(line + goes_on + (f": {else_}" if goes_on and else_ else ""))
        self.warnings.append(line + (f"; {else_}" if else_ else ""))


def some(count: int, one: str, many: str) -> str:
    """`1 file is` or `3 files are`."""
    return f"{count} {one if count == 1 else many}"


def few(names: Sequence[str], shown: int = 3) -> str:
    """`: a, b, c and 7 more`, or nothing."""
    if not names:
        return ""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return f": {', '.join(names[:shown])}{more}"


def is_video(path: Path) -> bool:
    """Whether the name is a video file's; hidden files (`._clip.avi` of a copied disk) are not."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def numbered_frames(folder: Path) -> list[tuple[int, str]]:
    """(number, name) of the frames in a folder (`img_00001.jpg`), in order; other files are left out."""
    names = (path.name for path in folder.iterdir())
    return sorted((int(match["number"]), name) for name in names if (match := _FRAME.fullmatch(name)))


def is_frame(name: str) -> bool:
    """Whether the name is that of a numbered frame; those of optical flow (`flow_x_00001.jpg`) are not."""
    return _FRAME.fullmatch(name) is not None


def existing_root(dataset: str, root: Path | None) -> Path:
    """The folder; a `UsageError` where none was given or none is there."""
    if root is None:
        raise UsageError(f"{dataset}: no folder given; say where the videos are with --data-root DIR")
    if Path(root).is_file():
        raise UsageError(f"{dataset}: '{root}' is a file; --data-root must be a folder")
    if not Path(root).is_dir():
        raise UsageError(f"{dataset}: no folder '{root}'; --data-root must be an existing folder")
    return Path(root)


def fingerprint(
    classes: Sequence[str], train: Sequence[Video], test: Sequence[Video], *, named_groups: bool = False
) -> str:
    """SHA-256 hex over classes and the videos' ids, labels, parts, sizes, groups; not the root or the order.

    named_groups: groups follow from the ids alone, and are left out.
    """
    rows = [
        [video.id, video.label, part, size_of(video.path), *_group(video, named_groups)]
        for part, videos in (("train", train), ("test", test))
        for video in videos
    ]
    return hashlib.sha256(json.dumps([list(classes), sorted(rows)]).encode("ascii")).hexdigest()


def _group(video: Video, named: bool) -> list[str]:
    return [] if named or video.group is None else [video.group]


def size_of(path: Path) -> int | list[int]:
    """Bytes of a file; of a folder of frames, their number and the bytes of the first."""
    status = path.stat()
    if not stat.S_ISDIR(status.st_mode):
        return status.st_size
    frames = numbered_frames(path)
    return [len(frames), (path / frames[0][1]).stat().st_size if frames else 0]
