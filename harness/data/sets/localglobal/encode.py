"""Clips into mp4 files. As a module, `python -m … FOLDER SETTINGS SHARE OF` makes every OF-th listed clip."""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.video import VideoStream
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from harness.data.sets.localglobal.cache import WANTED
from harness.data.sets.localglobal.plan import Clip, Settings, clips
from harness.data.sets.localglobal.render import render

RATE = 25  # frames per second


def codec() -> str:
    """libx264, or FFmpeg's own MPEG-4 where the build of PyAV lacks it."""
    return "libx264" if "libx264" in av.codecs_available else "mpeg4"


def write_video(path: Path, frames: NDArray[np.uint8], name: str) -> None:
    """frames (T, H, W, 3) into an mp4 file in which every frame stands alone.

    Frames that refer to each other would betray the motion: what moves is coded more coarsely than what
    rests, and a linear classifier read the motion cue from every eighth decoded frame (0.43, chance 0.25).
    Without references, at one quantiser, a decoded frame is a function of its own pixels.
    """
    options = {"qp": "26", "preset": "veryfast"} if name == "libx264" else {"qmin": "3", "qmax": "3"}
    reformatter = VideoReformatter()
    with av.open(str(path), "w") as container:
        stream = cast(VideoStream, container.add_stream(name, rate=RATE, options=options))
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt, stream.thread_count, stream.gop_size = "yuv420p", 1, 1
        for image in frames:
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            container.mux(stream.encode(reformatter.reformat(frame, format="yuv420p")))
        container.mux(stream.encode(None))


def make(clip: Clip, folder: Path) -> dict[str, object]:
    """Renders and writes one clip; gives its id, the SHA-256 of its pixels and the size of its file."""
    frames, path = render(clip), folder / clip.id
    path.parent.mkdir(parents=True, exist_ok=True)
    write_video(path, frames, codec())
    pixels = hashlib.sha256(frames.tobytes()).hexdigest()
    return {"id": clip.id, "pixels": pixels, "bytes": path.stat().st_size, "codec": codec()}


@cache  # a sweep asks for each of its trials
def seconds_of(clip: Clip) -> float:
    """How long one process takes to make it, in a folder that is thrown away: the second time, since the
    first one loads what drawing and encoding need."""
    with tempfile.TemporaryDirectory() as folder:
        make(clip, Path(folder))
        begun = time.perf_counter()
        make(clip, Path(folder))
        return time.perf_counter() - begun


def main(folder: str, settings: str, share: str, of: str) -> None:
    """Makes clips share, share + of, share + 2 of … of the list; a JSON line tells that one is whole."""
    wanted = set(json.loads((Path(folder) / WANTED).read_text()))
    listed = [clip for clip in clips(Settings(**json.loads(settings))) if clip.id in wanted]
    for clip in listed[int(share) :: int(of)]:
        sys.stdout.write(json.dumps(make(clip, Path(folder))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    except (OSError, av.FFmpegError) as error:
        sys.exit(str(error))
