"""Writes the files of the corpus with PyAV's encoders, or with the tool `ffmpeg` where PyAV lacks one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from corpus.damage import DAMAGES, not_video
from corpus.plan import FRAMES, GOP, SIZE, Case
from numpy.typing import NDArray

os.environ["SVT_LOG"] = "1"  # errors alone

ENCODERS = {
    **{"h264": "libx264", "hevc": "libx265", "mpeg1": "mpeg1video", "mpeg2": "mpeg2video", "vp8": "libvpx"},
    **{
        "vp9": "libvpx-vp9",
        "av1": "libsvtav1",
        "raw": "rawvideo",
        "prores": "prores_ks",
        "theora": "libtheora",
    },
    "msmpeg4": "msmpeg4",
}
FORMATS = {"mkv": "matroska", "wmv": "asf", "ts": "mpegts", "m2ts": "mpegts", "mpg": "mpeg", "ogv": "ogg"}
MUXER_OPTIONS = {"m2ts": {"mpegts_m2ts_mode": "1"}}
_SPEED = {"libvpx": {"cpu-used": "8", "deadline": "realtime"}, "libsvtav1": {"preset": "12"}}
_SPEED["libvpx-vp9"] = _SPEED["libvpx"]
_QUIET = {"libx264": "x264-params", "libx265": "x265-params"}
SOUND = {
    "webm": "libopus",
    "mkv": "aac",
    "ogv": "libopus",
    "avi": "mp2",
    "mpg": "mp2",
    "ts": "mp2",
    "wmv": "wmav2",
}


class CannotMake(Exception):
    """No encoder or muxer here writes this case."""


def make(case: Case, folder: Path) -> Path:
    """The file of a case; its name is not UTF-8 where the case is about that."""
    target = folder / case.name
    if case.kind == "not-utf8":
        target = Path(os.fsdecode(bytes(folder) + b"/\xe9\xff_" + case.name.encode()))
    try:
        KINDS[case.kind](case, target)
    except (av.FFmpegError, ValueError, subprocess.CalledProcessError, KeyError) as error:
        raise CannotMake(f"{type(error).__name__}: {error}".splitlines()[0][:120]) from error
    if case.damage in DAMAGES:
        target.write_bytes(DAMAGES[case.damage](target.read_bytes(), case.name))
    return target


def picture(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """A moving texture whose brightness counts, so that no two frames are alike."""
    y, x = np.mgrid[:height, :width]
    waves = 40 * np.sin((x + 2 * number) / 5) + 30 * np.cos((y - number) / 4)
    levels = np.stack([90 + 3 * number + waves, 200 - 3 * number + 0 * waves, 120 + waves], axis=-1)
    return np.clip(levels, 0, 255).astype(np.uint8)


def _encoded(case: Case, size: tuple[int, int], container: Any, muxed: bool = True) -> Any:
    """The video stream, added to the container."""
    codec = ENCODERS.get(case.codec, case.codec)
    options = {"g": str(GOP), **_SPEED.get(codec, {}), **case.options}
    if codec in _QUIET:
        given = options.pop(_QUIET[codec], "")
        base = f"keyint={GOP}:min-keyint=1:scenecut=0:log-level={'none' if codec == 'libx264' else -1}"
        options[_QUIET[codec]] = f"{base}:{given}" if given else base
    stream = container.add_stream(codec, rate=25, options=options)
    stream.width, stream.height = size
    stream.pix_fmt = case.pixels
    if "ildct" not in options.get("flags", ""):
        stream.codec_context.thread_count = 1
    return stream


def _size(case: Case) -> tuple[int, int]:
    return {"h263": (128, 96), "av1": (64, 64)}.get(case.codec, SIZE)


def _opened(case: Case, target: Path, **options: str) -> Any:
    kind = case.format or case.container
    return av.open(
        target.open("wb") if case.kind == "not-utf8" else str(target),
        "w",
        format=FORMATS.get(kind, kind),
        options=MUXER_OPTIONS.get(kind, {}) | options,
    )


def _frames(case: Case, shift: int = 0) -> Iterator[av.VideoFrame]:
    for number in range(FRAMES):
        image = av.VideoFrame.from_ndarray(picture(number + shift, *_size(case)), format="rgb24")
        image.pts, image.time_base = number, Fraction(1, 25)
        yield image


def _plain(case: Case, target: Path, uneven: bool = False, **options: str) -> None:
    if case.codec == "theora":
        _by_tool(case, target)
        return
    with _opened(case, target, **options) as container:
        stream = _encoded(case, _size(case), container)
        for frame in _frames(case):
            if uneven:
                frame.pts = int(frame.pts or 0) ** 2 // 8 + int(frame.pts or 0)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _by_tool(case: Case, target: Path) -> None:
    tool = shutil.which("ffmpeg")
    if not tool:
        raise CannotMake(f"PyAV has no encoder {ENCODERS[case.codec]}, and no ffmpeg tool is installed")
    width, height = _size(case)
    raw = b"".join(picture(number, width, height).tobytes() for number in range(FRAMES))
    kind = FORMATS.get(case.container, case.container)
    command = [
        tool,
        "-v",
        "error",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-s",
        f"{width}x{height}",
        "-r",
        "25",
    ]
    command += ["-i", "-", "-c:v", ENCODERS[case.codec], "-g", str(GOP), "-pix_fmt", case.pixels, "-f", kind]
    subprocess.run([*command, "-y", str(target)], input=raw, check=True, capture_output=True)


def _two(case: Case, target: Path) -> None:
    """Two video streams of other pictures; the second one is the default where the kind says so."""
    with _opened(case, target) as container:
        streams = [_encoded(case, _size(case), container) for _ in range(2)]
        if case.kind == "second-default":
            streams[0].disposition = 0
            streams[1].disposition = av.stream.Disposition.default
        for frames in zip(_frames(case), _frames(case, 17), strict=True):
            for stream, frame in zip(streams, frames, strict=True):
                container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode(None))


def _cover(case: Case, target: Path) -> None:
    """A cover picture stands before the video."""
    with _opened(case, target) as container:
        cover = container.add_stream("mjpeg", rate=25)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        stream = _encoded(case, _size(case), container)
        image = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 200, np.uint8), format="rgb24")
        container.mux(cover.encode(image))
        for frame in _frames(case):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _sound(case: Case, target: Path, seconds: float = FRAMES / 25, video: bool = True) -> None:
    with _opened(case, target) as container:
        stream = _encoded(case, _size(case), container) if video else None
        codec = SOUND.get(case.container, "aac")
        voice = container.add_stream(codec, rate=48000 if codec == "libopus" else 44100, layout="mono")
        voice.bit_rate = 64000
        if stream:
            for frame in _frames(case):
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        for number in range(int(seconds * voice.rate / 1024)):
            tone = np.sin(np.arange(1024, dtype=np.float32) / 20)[None]
            sound = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
            sound.sample_rate, sound.pts, sound.time_base = voice.rate, number * 1024, Fraction(1, voice.rate)
            container.mux(voice.encode(sound))
        container.mux(voice.encode(None))


def _again(case: Case, target: Path, change: Callable[[list[Any]], list[Any]], **options: str) -> None:
    """The same packets written once more after a change."""
    plain = target.with_name(f"plain-{target.name}")
    _plain(case, plain)
    with av.open(str(plain)) as source, _opened(case, target, **options) as sink:
        stream = sink.add_stream_from_template(source.streams.video[0], opaque=True)
        packets = [packet for packet in source.demux(source.streams.video[0]) if packet.size]
        for packet in change(packets):
            packet.stream = stream
            sink.mux(packet)
    plain.unlink()


def _later(packets: list[Any], frames: float) -> list[Any]:
    """Shown later by so many frames; earlier, if negative, so that an edit list hides the first ones."""
    for packet in packets:
        shift = round(frames / 25 / packet.time_base)
        packet.pts = None if packet.pts is None else packet.pts + shift
        packet.dts = None if packet.dts is None else packet.dts + shift
    return packets


def _without(packets: list[Any], place: int) -> list[Any]:
    return packets[:place] + packets[place + 1 :]


def _joined(case: Case, target: Path) -> None:
    """Two whole files, one after the other."""
    _plain(case, target)
    target.write_bytes(target.read_bytes() * 2)


KINDS: dict[str, Callable[[Case, Path], None]] = {
    "plain": _plain,
    "not-utf8": _plain,
    "two": _two,
    "second-default": _two,
    "cover": _cover,
    "sound": _sound,
    "long-sound": lambda case, target: _sound(case, target, 4.0),
    "no-video": lambda case, target: _sound(case, target, video=False),
    "late": lambda case, target: _again(case, target, lambda packets: _later(packets, 250)),
    "edit": lambda case, target: _again(case, target, lambda packets: _later(packets, -15)),
    "no-first-key": lambda case, target: _again(case, target, lambda packets: _without(packets, 0)),
    "no-middle": lambda case, target: _again(case, target, lambda packets: _without(packets, 17)),
    "fragments": lambda case, target: _plain(case, target, movflags="frag_keyframe+empty_moov"),
    "faststart": lambda case, target: _plain(case, target, movflags="faststart"),
    "live": lambda case, target: _plain(case, target, live="1"),
    "uneven": lambda case, target: _plain(case, target, uneven=True),
    "twice": _joined,
    "not-video": not_video,
}
