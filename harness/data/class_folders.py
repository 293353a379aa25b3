"""Videos in class folders: `root/<class>/…` or `root/{train,val,test}/<class>/…`."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from backbones.base.errors import UserError, error_line
from backbones.base.plain_text import clean
from harness.data.index_checks import is_frame, is_video
from harness.data.links import FOLLOW, Links, leads_back, refuse_outside
from harness.data.lists.read import Row
from harness.data.lists.text import split_name


def class_folders(root: Path, links: Links = "inside") -> tuple[list[Row], tuple[str, ...]]:
    """Rows from class folders, those under train, val and test folders where there are any; a line that says
    what was taken for what, and one that counts what is no video by its name.

    links: "follow": also to folders outside of `root`. A `UserError` where there is no video, and for a link
    that may not be followed, before anything behind it is looked at: it may be a whole machine.
    """
    if links == "inside":
        refuse_outside("folder", root, (path.name for path in sorted(root.iterdir()) if _is_link(path)))
    parts = [path for path in sorted(root.iterdir()) if path.is_dir() and split_name(path.name)]
    if not parts:
        _check_no_splits_below(root)
    tops: Sequence[tuple[Path, str | None]] = [(path, split_name(path.name)) for path in parts] or [
        (root, None)
    ]
    passed: Counter[str] = Counter()
    folders = [(folder, part) for top, part in tops for folder in sorted(top.iterdir()) if folder.is_dir()]
    _check_names(folder.name for folder, _ in folders)
    rows = [
        Row(file.relative_to(root).as_posix(), clean(folder.name), None, part)
        for folder, part in folders
        for file in _videos_below(folder, passed, root if links == "inside" else None)
    ]
    if not rows:
        raise UserError(_nothing(root, passed))
    taken = clean(f"class folders of '{root}', such as '{rows[0].path}' is '{rows[0].label}'")
    return rows, (taken, *([_passed(passed)] if passed else []))


def _check_names(names: Iterable[str]) -> None:
    """Raises where two classes would be shown, and so be stored, under one name."""
    shown: dict[str, str] = {}
    for name in names:
        if shown.setdefault(clean(name), name) != name:
            raise UserError(f"folder: names of classes differ in control characters alone: '{clean(name)}'")


def videos_below(folder: Path) -> tuple[list[Path], list[str]]:
    """(all videos in the folder and below, by their names, in order; a line for each folder that is passed
    over: one that may not be read, or a link out of this one)."""
    passed_over: list[str] = []
    return list(_below(folder, Counter(), folder, passed_over)), passed_over


def _why(folder: Path, error: OSError | UserError) -> str:
    place = Path(os.fsdecode(error.filename)) if isinstance(error, OSError) and error.filename else folder
    return clean(f"{place}: {error_line(error)}" if isinstance(error, OSError) else str(error))


def _is_link(path: Path) -> bool:
    return path.is_symlink() and path.is_dir()


def _nothing(root: Path, passed: Counter[str]) -> str:
    direct = any(is_video(path) for path in root.iterdir())
    here = "they lie directly in it, give its parent folder; " if direct else ""
    other = f"{_passed(passed).strip()}; " if passed else ""
    return (
        f"folder: no videos in folders of '{root}'; {here}{other}"
        "expected <class>/<video> or {train,test}/<class>/<video>"
    )


def _passed(passed: Counter[str]) -> str:
    most = sorted(passed.items(), key=lambda each: (-each[1], each[0]))[:5]
    kinds = ", ".join(f"{count} {kind}" for kind, count in most)
    more = f" and {len(passed) - 5} other kinds" if len(passed) > 5 else ""
    return clean(f"  passed over, as no videos by their names: {kinds}{more}")


def _check_no_splits_below(root: Path) -> None:
    """What to test on would else be mixed into what to train on."""
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        named = sorted(path.name for path in folder.iterdir() if path.is_dir() and split_name(path.name))
        if {split_name(name) for name in named} - {"train"}:
            raise UserError(
                f"folder: '{folder}' is no class: it holds {', '.join(named)}; give it as --data-root, or a "
                "list of your videos with their splits with --set data.annotations=FILE"
            )


def _videos_below(
    folder: Path, passed: Counter[str], root: Path | None, passed_over: list[str] | None = None
) -> Iterator[Path]:
    """Video files, and folders of frames, in the order of their paths; counts the rest by suffix.

    root: no link to a folder may lead out of it. passed_over: takes a line for each folder that cannot be
    looked into; None where that is an error.
    """
    if any(is_frame(path.name) for path in folder.iterdir()):
        raise UserError(
            f"folder: frames lie in the class folder '{folder}'; expected <class>/<video>/img_00001.jpg"
        )
    for path in sorted(folder.iterdir()):
        if not path.is_dir():
            if is_video(path):
                yield path
            elif not path.name.startswith("."):
                passed[path.suffix.lower() or "without suffix"] += 1
            continue
        if leads_back(path):
            passed["link(s) back to a folder above"] += 1
        else:
            yield from _below(path, passed, root, passed_over)


def _below(
    folder: Path, passed: Counter[str], root: Path | None, passed_over: list[str] | None
) -> Iterator[Path]:
    """The same of a folder that may itself be a video, as frames, or may not be read."""
    try:
        if root and folder != root and _is_link(folder):
            name = folder.relative_to(root).as_posix()
            refuse_outside("folder", root, [name], FOLLOW if passed_over is None else "name it to read it")
        if any(is_frame(inner.name) for inner in folder.iterdir()):
            yield folder
        else:
            yield from _videos_below(folder, passed, root, passed_over)
    except (OSError, UserError) as error:
        if passed_over is None:
            raise
        passed_over.append(_why(folder, error))
