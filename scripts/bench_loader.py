"""Loader throughput against decoding alone, and the ways to turn decoded frames into pixels.

    python scripts/bench_loader.py FOLDER [--videos 60] [--workers 2] [--repeats 3]

Prints milliseconds and ratios. Compared actions take turns and the fastest of their runs counts, so that a
busy machine moves the ratios little. The streams are those of the MBD paper: 16 consecutive frames, 128 → 112
px, and 16 at stride 8, 256–320 → 224 px.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial, reduce
from pathlib import Path

import av
import click
import numpy as np
import torch
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from backbones.spec import HALF, KINETICS_MEAN, KINETICS_STD, InputSpec
from harness.data.clips.dataset import TrainClips, TrainSampling
from harness.data.clips.loader import LoaderSettings, train_loader
from harness.data.clips.schedule import TrainingSchedule
from harness.data.clips.transform import scaled_size, train_view
from harness.data.index import Video
from harness.data.index_checks import is_video
from harness.data.video.frames import FrameReader
from harness.data.video.opened import ANY_METADATA

Action = Callable[[], object]
Way = Callable[[VideoFrame], VideoFrame]
BILINEAR = Interpolation.BILINEAR
EXACT = BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP
SPECS = {
    "local": InputSpec(16, 1, (128, 128), 128, 112, KINETICS_MEAN, KINETICS_STD),
    "global": InputSpec(16, 8, (256, 320), 256, 224, HALF, HALF),
}


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--videos", "count", default=60, show_default=True)
@click.option("--workers", default=2, show_default=True)
@click.option("--repeats", default=3, show_default=True)
def main(folder: Path, count: int, workers: int, repeats: int) -> None:
    torch.set_num_threads(1)
    files = sorted(path for path in folder.rglob("*") if is_video(path))
    chosen = files[:: max(1, len(files) // count)][:count]
    videos = [Video(path.relative_to(folder).as_posix(), path, 0) for path in chosen]
    click.echo(f"{len(videos)} videos of {folder.name}, milliseconds per video")
    show(best(loading(videos, workers), repeats), len(videos), "decode what is needed")
    frames = [frame for video in videos[:8] for frame in some_frames(video.path)]
    for short in (128, 256, 320):
        click.echo(f"{len(frames)} frames to a short side of {short} px, milliseconds per frame")
        show(best(pixels(frames, short), repeats), len(frames), "YUV scaled, then rgb24")


def best(actions: Mapping[str, Action], repeats: int) -> dict[str, float]:
    """Seconds of the fastest run of each; they take turns, and the first round does not count."""
    times: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(repeats + 1):
        for name, action in actions.items():
            start = time.perf_counter()
            action()
            times[name].append(time.perf_counter() - start)
    return {name: min(values[1:]) for name, values in times.items()}


def show(times: Mapping[str, float], count: int, reference: str) -> None:
    for name, seconds in times.items():
        ratio = times[reference] / seconds
        click.echo(f"  {name:40} {1000 * seconds / count:8.3f}   throughput x {ratio:.2f} of '{reference}'")


def loading(videos: Sequence[Video], workers: int) -> dict[str, Action]:
    data = TrainClips(videos, SPECS, TrainSampling(seed=0))
    batch = max(size for size in range(1, 9) if len(videos) % size == 0)
    schedule = TrainingSchedule(len(videos), batch, epochs=1)

    def load(processes: int) -> None:
        settings = LoaderSettings(workers=processes)
        for _ in train_loader(videos, SPECS, TrainSampling(seed=0), schedule, settings=settings):
            pass

    def each(action: Callable[[Video], object]) -> Action:
        return lambda: [action(video) for video in videos]

    return {
        "decode every frame": each(lambda video: decode_all(video, 1)),
        "decode every frame, automatic threads": each(lambda video: decode_all(video, 0)),
        "decode what is needed": each(decode_needed),
        "clips of both streams": lambda: [data[0, position] for position in range(len(videos))],
        "loader in this process": lambda: load(0),
        f"loader, {workers} processes with their start": lambda: load(workers),
    }


def decode_all(video: Video, threads: int) -> int:
    """Every frame, as a loader would that does not choose; threads: 0 lets FFmpeg decide."""
    with av.open(str(video.path), **ANY_METADATA) as container:
        stream = container.streams.video[0]
        stream.thread_count, stream.thread_type = threads, "NONE" if threads else "AUTO"
        return sum(1 for _ in container.decode(stream))


def decode_needed(video: Video) -> int:
    """Exactly the frames that the loader turns into pixels in epoch 0, and nothing else."""
    reader = FrameReader(video.path)
    size = (reader.first.width, reader.first.height)
    keys = {stream: (0, 0, video.id, stream) for stream in SPECS}
    views = [train_view(spec, reader.count, size, "loop", keys[stream]) for stream, spec in SPECS.items()]
    count = sum(1 for _ in reader.read(sorted({number for view in views for number in view.frames})))
    reader.close()
    return count


def some_frames(path: Path) -> list[VideoFrame]:
    with av.open(str(path), **ANY_METADATA) as container:
        return [frame for _, frame in zip(range(16), container.decode(video=0), strict=False)]


def pixels(frames: Sequence[VideoFrame], short: int) -> dict[str, Action]:
    """Ways from a decoded frame to a scaled rgb24 array; all but the first keep their reformatters."""

    def scale(target: str | None, kind: int = BILINEAR) -> Way:
        keeper = VideoReformatter()
        return lambda f: keeper.reformat(
            f, *scaled_size(f.width, f.height, short), target, interpolation=kind, threads=1
        )

    def convert() -> Way:
        keeper = VideoReformatter()
        return lambda f: keeper.reformat(f, format="rgb24", interpolation=BILINEAR, threads=1)

    ways = {
        "a new reformatter per frame, one pass": [lambda f: scale("rgb24")(f)],
        "rgb24, then scaled": [convert(), scale(None)],
        "one pass": [scale("rgb24")],
        "one pass, full chroma, accurate": [scale("rgb24", EXACT)],
        "YUV scaled, then rgb24": [scale(None), convert()],
        "YUV scaled, left for the device": [scale(None)],
    }
    report_distances(frames[0], ways)
    return {name: partial(run, way, frames) for name, way in ways.items()}


def run(way: Sequence[Way], frames: Sequence[VideoFrame]) -> None:
    for frame in frames:
        through(way, frame)


def through(way: Sequence[Way], frame: VideoFrame) -> VideoFrame:
    return reduce(lambda f, step: step(f), way, frame)


def report_distances(frame: VideoFrame, ways: Mapping[str, Sequence[Way]]) -> None:
    exact = through(ways["one pass, full chroma, accurate"], frame).to_ndarray().astype(int)
    for name in ("one pass", "YUV scaled, then rgb24"):
        difference = np.abs(through(ways[name], frame).to_ndarray() - exact)
        click.echo(
            f"  '{name}': {difference.mean():.2f} levels from the accurate one, at most {difference.max()}"
        )


if __name__ == "__main__":
    main()
