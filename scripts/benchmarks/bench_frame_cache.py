"""What a cache of decoded frames would save: training clips out of files, and out of frames decoded before.

    python scripts/benchmarks/bench_frame_cache.py FOLDER [--videos 40] [--repeats 3]

The clips are those of the MBD paper's two streams, as in `bench_loader.py`. *decoded frames* are kept as they
left the decoder (YUV, one mapped file a video), which gives the same pixels; *JPEG* is a folder of frames,
another form of a data set, and gives other pixels. All are read from memory, once read before.
Prints milliseconds per video for the clips of both streams, and kilobytes per frame.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from fractions import Fraction
from pathlib import Path
from unittest.mock import patch

import av
import click
import numpy as np
from av.video.frame import VideoFrame

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench_loader import SPECS, best, show

from harness.data.clips.dataset import TrainClips, TrainSampling
from harness.data.index import Video
from harness.data.index_checks import is_video
from harness.data.video import decode
from harness.data.video.frame_folder import FolderReader
from harness.data.video.frames import Damage, FrameReader

KEPT = "yuv420p"


class KeptFrames(FolderReader):
    """Reads frames out of an array (T, 3 H / 2, W) of uint8."""

    def __init__(self, path: Path) -> None:
        self.damage, self.said = Damage(), list[str]()
        self._kept = np.load(path, mmap_mode="r")
        self.count = len(self._kept)
        self.first = self._decode(0)

    def _decode(self, number: int) -> VideoFrame:
        return VideoFrame.from_ndarray(np.ascontiguousarray(self._kept[number]), format=KEPT)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--videos", "count", default=40, show_default=True)
@click.option("--repeats", default=3, show_default=True)
def main(folder: Path, count: int, repeats: int) -> None:
    files = sorted(path for path in folder.rglob("*") if is_video(path))
    chosen = files[:: max(1, len(files) // count)][:count]
    with tempfile.TemporaryDirectory(prefix="frame-cache-") as there:
        forms = made(chosen, Path(there))
        click.echo(f"{len(chosen)} videos of {folder.name}, milliseconds per video")
        actions = {name: clips_of(paths, name) for name, paths in forms.items()}
        show(best(actions, repeats), len(chosen), "H.264")
        frames = sum(len(np.load(path, mmap_mode="r")) for path in forms["decoded frames"])
        click.echo("kilobytes per frame")
        for name, paths in forms.items():
            click.echo(f"  {name:40} {sum(map(size, paths)) / frames / 1000:8.2f}")


def size(path: Path) -> int:
    return sum(each.stat().st_size for each in ([path] if path.is_file() else path.iterdir()))


def made(files: Sequence[Path], there: Path) -> dict[str, list[Path]]:
    """Each video in every form: as it is, as x264's medium preset makes it, as frames."""
    forms: dict[str, list[Path]] = {"as it is": list(files), "H.264": [], "JPEG": [], "decoded frames": []}
    for number, path in enumerate(files):
        reader = FrameReader(path)
        frames = [frame.reformat(format=KEPT) for _, frame in reader.every()]
        reader.close()
        forms["H.264"].append(h264(frames, there / f"{number}.mp4"))
        forms["JPEG"].append(jpeg(frames, there / f"{number}-frames"))
        kept = there / f"{number}.npy"
        np.save(kept, np.stack([frame.to_ndarray() for frame in frames]))
        forms["decoded frames"].append(kept)
    return forms


def h264(frames: Sequence[VideoFrame], path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = frames[0].width, frames[0].height, KEPT
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = number, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def jpeg(frames: Sequence[VideoFrame], folder: Path) -> Path:
    """At the quality that data sets are usually extracted with (FFmpeg's `-q:v 2`)."""
    folder.mkdir()
    for number, frame in enumerate(frames, 1):
        coder = av.CodecContext.create("mjpeg", "w")
        coder.width, coder.height, coder.pix_fmt = frame.width, frame.height, "yuvj420p"
        coder.time_base = Fraction(1, 30)
        coder.options = {"qmin": "2", "qmax": "2"}
        frame.pts = number
        packets = [*coder.encode(frame.reformat(format="yuvj420p")), *coder.encode(None)]
        (folder / f"img_{number:05}.jpg").write_bytes(b"".join(map(bytes, packets)))
    return folder


def clips_of(paths: Sequence[Path], form: str) -> Callable[[], object]:
    """Loads the clips of both streams out of each of `paths`, as in the first epoch."""
    # The names are those of the numbers, not of the files: every form draws the same frames.
    videos = [Video(str(number), path, 0) for number, path in enumerate(paths)]
    data = TrainClips(videos, SPECS, TrainSampling(seed=0))

    def load() -> None:
        with kept_frames() if form == "decoded frames" else nullcontext():
            for position in range(len(videos)):
                data[0, position]

    return load


@contextmanager
def kept_frames() -> Iterator[None]:
    with patch.object(decode, "FrameReader", KeptFrames):
        yield


if __name__ == "__main__":
    main()
