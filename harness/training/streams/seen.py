"""What the streams of a run were trained on, here and before: kept beside it, looked for in what is tested.

Three things tell that a video was trained on: its id in `trained.json`, the content of a training video under
another name, and a name that differs only by folders at its beginning. The first is always an error. The
others, and weights that do not say what they were trained on, are lines: by `data.leaks` errors or warnings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from backbones.base.errors import UserError
from backbones.base.plain_text import clean
from backbones.base.streams import PerStream, StreamName
from backbones.weights.loading import WeightsReport
from harness.data.content import contents
from harness.data.content.contents import Content
from harness.data.content.hashes import Hashes
from harness.data.index import Video, VideoIndex
from harness.data.index_checks import few, size_of
from harness.files import read_json, write_json
from harness.record.stored.checksums import check_unchanged
from harness.training.streams.from_runs import Source

Seen = dict[str, list[str]]  # ids of training videos by data set
UNKNOWN = "?"  # in a data set's place: weights of which it is not known what they were trained on
Known = dict[str, dict[str, Content]]  # contents of training videos by data set and id


def write_trained(
    path: Path, index: VideoIndex, sources: Mapping[StreamName, Source], unknown: Iterable[str] = ()
) -> None:
    """The ids of all videos that the run's streams are trained on, here and in the runs they began from.

    unknown: names of weights of which it is not known.
    """
    seen = {index.dataset: {video.id for video in index.train}}
    lost = set(unknown)
    for source in sources.values():
        before = read_trained(source)
        lost |= {f"run {source.record.id}"} if before is None else set()
        for dataset, ids in (before or {}).items():
            seen.setdefault(dataset, set()).update(ids)
    if lost:
        seen.setdefault(UNKNOWN, set()).update(lost)
    write_json(path, {dataset: sorted(ids) for dataset, ids in seen.items()}, new_folder=False)


def read_trained(source: Source) -> Seen | None:
    """None where the run does not say: the file is missing, damaged, or names fewer than were trained on."""
    try:
        check_unchanged(source.run.trained, source.record)
        tree = read_json(source.run.trained)
        seen = {str(dataset): [str(id_) for id_ in ids] for dataset, ids in tree.items()}
    except (OSError, ValueError, TypeError, AttributeError, UserError):
        return None
    data = source.record.data
    return seen if len(seen.get(data.dataset, ())) >= data.found["train"] else None


def check_unseen(
    index: VideoIndex, sources: Mapping[StreamName, Source], crossed: bool, hashes: Hashes
) -> list[str]:
    """Raises where a source has seen what is tested here, or what fusion rules are to be fitted on.

    crossed: whether they are fitted on training videos, by cross-fitting. Gives a line for all that is a leak
    in another way, or cannot be excluded to be one.
    """
    lines = []
    for name, source in sources.items():
        run = f"--weights-{name}: run {source.record.id}"
        seen = read_trained(source)
        if seen is None:
            lines.append(
                f"{run} does not say which videos it was trained on ({source.run.trained.name} is missing, "
                "damaged or not whole), so some may be tested here: give the run's folder as it was made"
            )
            continue
        _check_ids(index, set(seen.get(index.dataset, ())), f"{run} was trained on", crossed)
        if unknown := seen.get(UNKNOWN):
            lines.append(f"{run} began from weights that do not say what they were trained on{few(unknown)}")
        lines += _say_apart(index, seen, trained_contents(source, seen), run, hashes)
    return lines


def say_foreign(reports: PerStream[WeightsReport | None]) -> dict[str, str]:
    """By file, a line for tensors of a run that lie apart from what says on what they were trained."""
    return {
        report.source: f"--weights-{name}: {report.source} {_of_which(report.origin['run'])}"
        for name, report in reports.items()
        if report and report.apart_from_its_run
    }


def _of_which(run: str | None) -> str:
    """run: its id, which an exported file has in its metadata and a checkpoint has not."""
    unknown = "so some of its training videos may be tested here: give the run's folder"
    if run is None:
        return f"is the checkpoint of a run, but not in the folder of a finished one, {unknown}"
    return f"was exported from run {clean(run)}, and does not say which videos that was trained on, {unknown}"


def trained_contents(source: Source, seen: Seen) -> Known:
    """What is known of the contents of the videos that a run and those before it were trained on."""
    found = contents.read(source.run.contents)
    own = source.record.data.dataset
    ids = seen.get(own, [])
    known: Known = {dataset: dict(videos) for dataset, videos in found.before.items()}
    known.setdefault(own, {}).update({id_: found.videos[id_] for id_ in ids if id_ in found.videos})
    return known


def contents_before(sources: Mapping[StreamName, Source]) -> Known:
    """`trained_contents` of all runs that a run starts from."""
    known: Known = {}
    for source in sources.values():
        for dataset, videos in trained_contents(source, read_trained(source) or {}).items():
            known.setdefault(dataset, {}).update(videos)
    return known


def _check_ids(index: VideoIndex, seen: set[str], begun: str, crossed: bool) -> None:
    if both := _among(index.test, seen):
        raise UserError(f"{begun} {both} of the test videos: take a run of the same split")
    if both := _among(index.holdout, seen):
        raise UserError(
            f"{begun} {both} of the videos that fusion rules are to be fitted on: train that run with "
            "this run's fit.share, or give --set fit.share=0"
        )
    if crossed and (both := _among(index.train, seen)):
        raise UserError(f"{begun} {both} of the videos to cross-fit on: give fit.share instead of fit.folds")


def _among(videos: Sequence[Video], seen: set[str]) -> str:
    """ "3 (the first, …)" or ""."""
    both = [video.id for video in videos if video.id in seen]
    return f"{len(both)} ({both[0]}{', …' if both[1:] else ''})" if both else ""


def _say_apart(index: VideoIndex, seen: Seen, known: Known, run: str, hashes: Hashes) -> list[str]:
    videos = (*index.test, *index.holdout)
    same = [f"{video.id} = {other}" for video, other in _equal(videos, known, hashes)]
    named = [f"{video.id}, {other}" for video, other in _alike(videos, index.dataset, seen, known)]
    lines = []
    if same:
        lines.append(f"{run} was trained on the content of {len(same)} of the videos tested here{few(same)}")
    if named:
        lines.append(
            f"{run} was trained on videos whose names differ from {len(named)} of those tested here only by "
            f"folders, and whether they are the same cannot be told{few(named)}"
        )
    return lines


def _equal(videos: Iterable[Video], known: Known, hashes: Hashes) -> Iterator[tuple[Video, str]]:
    """Videos with the content of a training video, with its id; only those of such a size are hashed."""
    hashed: dict[Hashable, dict[str, str]] = defaultdict(dict)
    for of_dataset in known.values():
        for id_, content in of_dataset.items():
            if content.sha256 and content.size:
                hashed[_key(content.size)].setdefault(content.sha256, id_)
    for video in videos if hashed else ():
        try:
            candidates = hashed.get(_key(size_of(video.path)))
            if candidates and (other := candidates.get(hashes.of(video.path))):
                yield video, other
        except OSError:
            continue


def _alike(videos: Iterable[Video], dataset: str, seen: Seen, known: Known) -> Iterator[tuple[Video, str]]:
    """Videos that have the name of a training video, of the same size and of unknown content.

    In another data set a name alone says nothing.
    """
    named: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for of, ids in seen.items():
        for id_ in ids:
            named[id_.rpartition("/")[2]].append((of, id_))
    for video in videos:
        for of, other in named.get(video.id.rpartition("/")[2], ()):
            if not _suffix(video.id, other):
                continue
            content = known.get(of, {}).get(other)
            if (not content.sha256 and content.size == _size(video.path)) if content else of == dataset:
                yield video, other
                break


def _suffix(one: str, other: str) -> bool:
    """`jump/a.mp4` of `videos/jump/a.mp4`, either way, or the same."""
    return f"/{one}".endswith(f"/{other}") or f"/{other}".endswith(f"/{one}")


def _size(path: Path) -> Any:
    try:
        return size_of(path)
    except OSError:
        return None


def _key(size: Any) -> Hashable:
    return tuple(size) if isinstance(size, list) else size
