"""Videos of different parts with the same content, under whatever names or links.

Only files of one size can be equal, and of those only such as agree in their middle are read whole: of a
large data set that is a small part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from harness.data.content.hashes import Hashes
from harness.data.index import Video, VideoIndex
from harness.data.index_checks import numbered_frames, size_of

MIDDLE = 2**14  # bytes that are read of each of several files of one size
SHOWN = 3
_Placed = tuple[str, Video]  # the part, the video


def equal_across(parts: Mapping[str, Sequence[Video]], hashes: Hashes) -> list[list[_Placed]]:
    """Groups of videos with the same content, of at least two parts, in the order of the parts."""
    everything = [(part, video) for part, videos in parts.items() for video in videos]
    groups = [everything]
    for key in (_size, _middle, hashes.of):
        groups = [inner for group in groups for inner in _across(group, key)]
    return groups


def say_equal(index: VideoIndex, tested: str, hashes: Hashes) -> list[str]:
    """A line where videos that are trained on are there in another part too. tested: what it tests on."""
    parts = {"train": index.train, tested: index.test, "holdout": index.holdout}
    groups = equal_across(parts, hashes)
    if not groups:
        return []
    shown = "; ".join(" = ".join(_where(group)) for group in groups[:SHOWN])
    more = f" and {len(groups) - SHOWN} more" if len(groups) > SHOWN else ""
    what = "1 video is" if len(groups) == 1 else f"{len(groups)} videos are"
    return [f"{index.dataset}: {what} in several parts with the same content: {shown}{more}"]


def _where(group: Sequence[_Placed]) -> Iterator[str]:
    """`test run/b.mp4 (the same file)`: reached by a link."""
    seen: set[Hashable] = set()
    for part, video in group:
        found = video.path.stat()
        file = (found.st_dev, found.st_ino)
        yield f"{part} {video.id}{' (the same file)' if file in seen else ''}"
        seen.add(file)


def _across(group: Iterable[_Placed], key: Callable[[Path], Hashable]) -> list[list[_Placed]]:
    """The group by key, without what is in one part only, is empty or cannot be read."""
    found: dict[Hashable, list[_Placed]] = defaultdict(list)
    for part, video in group:
        try:
            value = key(video.path)
        except OSError:
            continue  # a video that cannot be read is reported where it is decoded
        if value:
            found[value].append((part, video))
    return [inner for inner in found.values() if len({part for part, _ in inner}) > 1]


def _size(path: Path) -> Hashable:
    size = size_of(path)
    return tuple(size) if isinstance(size, list) else size


def _middle(path: Path) -> bytes:
    """Some bytes that differ between most files of one size: their beginnings are much the same."""
    if path.is_dir():
        names = numbered_frames(path)
        path = path / names[len(names) // 2][1]
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - MIDDLE) // 2)
        return file.read(MIDDLE)
