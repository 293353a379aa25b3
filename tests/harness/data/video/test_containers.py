"""Frames of many containers under their numbers: every frame shows its own."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition
from support.numbered_videos import number_in, numbered_frame, write_video

from harness.data.index import Video
from harness.data.survey import Checked, check_video
from harness.data.video import packets
from harness.data.video.decode import BrokenVideo, VideoFile

FRAMES = 30
X264 = {"x264-params": "keyint=8:scenecut=0:bframes=3:log-level=none"}
REFRESH = {"x264-params": "keyint=8:intra-refresh=1:log-level=none"}
KINDS: dict[str, dict[str, Any]] = {
    "h264.ts": {"options": X264},
    "mpeg2.ts": {"codec": "mpeg2video", "options": {"bf": "2", "g": "8"}},
    "h264.m2ts": {"options": X264},
    "mpeg1.mpg": {"codec": "mpeg1video", "options": {"bf": "2", "g": "8"}},
    "mpeg2.vob": {"codec": "mpeg2video", "options": {"bf": "2", "g": "8"}},
    "h264.3gp": {"options": X264},
    "h264.flv": {"options": X264},
    "wmv2.wmv": {"codec": "wmv2", "options": {"g": "8"}},
    "refresh.mp4": {"options": REFRESH},
    "gif.gif": {"codec": "gif", "pixel_format": "rgb8"},
    "prores.mov": {"codec": "prores_ks", "pixel_format": "yuv422p10le"},
    "vp8.webm": {"codec": "libvpx", "options": {"auto-alt-ref": "1", "lag-in-frames": "12", "g": "8"}},
}


def checked(path: Path) -> Checked:
    return check_video(Video(path.name, path, 0), "test")


def numbers(path: Path, wanted: list[int]) -> list[int]:
    with VideoFile(path) as file:
        return [number_in(image) for image in file.images(wanted)]


@pytest.mark.parametrize("name", KINDS)
def test_each_frame_is_the_one_asked_for(name: str, tmp_path: Path) -> None:
    path = write_video(tmp_path / name, frames=FRAMES, **KINDS[name])
    with VideoFile(path) as file:
        assert file.frames == FRAMES
        for wanted in ([29], [0], [9, 3, 25], list(range(FRAMES))):  # the later ones after having read others
            assert [number_in(image) for image in file.images(wanted)] == wanted
    assert (checked(path).frames, checked(path).odd) == (FRAMES, "")


@pytest.mark.parametrize("name", ["mpeg2.mpg", "h264.ts"])
def test_streams_one_after_the_other(name: str, tmp_path: Path) -> None:
    """Their times begin again in the middle."""
    kind = KINDS["mpeg2.vob" if name == "mpeg2.mpg" else "h264.ts"]
    path = write_video(tmp_path / name, frames=FRAMES, **kind)
    path.write_bytes(path.read_bytes() * 2)
    assert numbers(path, [0, 29, 30, 31, 59]) == [0, 29, 0, 1, 29]


def remuxed(source: Path, target: Path, change: Callable[[list[Any]], list[Any]]) -> Path:
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0], opaque=True)
        for packet in change([packet for packet in old.demux(old.streams.video[0]) if packet.size]):
            packet.stream = stream
            new.mux(packet)
    return target


def shown_from(frame: int) -> Callable[[list[Any]], list[Any]]:
    """Shown so many frames earlier, so that an edit list hides the ones before."""

    def earlier(packets: list[Any]) -> list[Any]:
        for packet in packets:
            shift = round(frame / 25 / packet.time_base)
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
        return packets

    return earlier


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_frames_that_an_edit_list_hides_are_not_missing(suffix: str, tmp_path: Path) -> None:
    whole = write_video(tmp_path / f"whole.{suffix}", frames=FRAMES, options=X264)
    path = remuxed(whole, tmp_path / f"edited.{suffix}", shown_from(13))
    assert numbers(path, [0, 1, 9, 16]) == [13, 14, 22, 29]
    assert (checked(path).broken, checked(path).frames) == ("", 17)


@pytest.mark.parametrize("name", ["h264.mkv", "vp8.webm", "h264.flv", "wmv2.wmv", "mpeg4.avi"])
def test_cut_files_are_told_by_their_size(name: str, tmp_path: Path) -> None:
    kind = KINDS.get(name, {"codec": "mpeg4"} if name.endswith("avi") else {"options": X264})
    path = write_video(tmp_path / name, frames=FRAMES, **kind)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * 0.8)])
    assert checked(path).broken.startswith("the file is cut off: ")
    path.write_bytes(content[:-20])
    said = f"the file is cut off: {len(content) - 20} of {len(content)} bytes are there"
    assert said in checked(path).odd
    path.write_bytes(content + bytes(50))
    assert checked(path).broken == ""


@pytest.mark.parametrize("default", [0, 1])
def test_of_two_video_streams_the_default_one_is_shown_and_said(default: int, tmp_path: Path) -> None:
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as container:
        streams: list[Any] = [container.add_stream("mpeg4", rate=25) for _ in range(2)]
        for place, stream in enumerate(streams):
            stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
            stream.disposition = Disposition.default if place == default else Disposition(0)
        for number in range(FRAMES):
            for place, stream in enumerate(streams):
                image = numbered_frame(number + 100 * place, 96, 64)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        for stream in streams:
            container.mux(stream.encode(None))
    assert numbers(path, [0, 20]) == [100 * default, 100 * default + 20]
    assert checked(path).odd == f"it has 2 video streams, the one with index {default} is shown"


def picture(path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (64, 48)).save(path, "PNG")


NO_VIDEOS: dict[str, Callable[[Path], object]] = {
    "text": lambda path: path.write_text("\x1b[31mthis is no video\n" * 50),
    "subtitles": lambda path: path.write_text("1\n00:00:00,000 --> 00:00:02,000\nHello\n\n" * 9),
    "ffconcat": lambda path: path.write_text("ffconcat version 1.0\nfile beside.mp4\n"),
    "m3u8": lambda path: path.write_text("#EXTM3U\n#EXTINF:1,\nbeside.ts\n#EXT-X-ENDLIST\n"),
    "sdp": lambda path: path.write_text("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=video 5004 RTP/AVP 96\n"),
    "picture": picture,
}


@pytest.mark.parametrize("kind", NO_VIDEOS)
def test_what_is_no_video_is_not_decoded(kind: str, tmp_path: Path) -> None:
    write_video(tmp_path / "beside.mp4", frames=FRAMES)
    NO_VIDEOS[kind](tmp_path / "x.mp4")
    with pytest.raises(BrokenVideo, match=r"container of videos|cannot be read"):
        VideoFile(tmp_path / "x.mp4")


def test_pipes_and_devices_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "zero.mp4").symlink_to("/dev/zero")
    for name in ("pipe.mp4", "zero.mp4"):
        assert checked(tmp_path / name).broken == "it is not a regular file"
    (tmp_path / "frames").mkdir()
    os.mkfifo(tmp_path / "frames" / "img_00001.jpg")
    assert checked(tmp_path / "frames").broken.endswith("img_00001.jpg: it is not a regular file")


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    plain = write_video(tmp_path / "plain.mkv", frames=FRAMES, options=X264)
    path = Path(os.fsdecode(bytes(tmp_path) + b"/\xe9\xff.mkv"))
    plain.rename(path)
    assert numbers(path, [3, 28]) == [3, 28]
    path.write_bytes(b"no video")
    with pytest.raises(BrokenVideo, match=r"/\\xe9\\xff\.mkv: "):
        VideoFile(path)


def test_large_files_are_read_again_with_the_same_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packets, "KEPT_BYTES", 500)
    for name in ("h264.ts", "refresh.mp4", "h264.3gp"):
        path = write_video(tmp_path / name, frames=FRAMES, **KINDS[name])
        with VideoFile(path) as file:
            for wanted in ([29], [3, 20, 28], [0]):
                assert [number_in(image) for image in file.images(wanted)] == wanted


def test_reading_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(tmp_path / "x.mp4", frames=FRAMES)
    monkeypatch.setattr(packets, "SECONDS", -1.0)
    with pytest.raises(BrokenVideo, match=r"takes more than -1 s, .*: cut it into shorter files"):
        VideoFile(path)


def test_a_process_that_was_stopped_does_not_break_the_video(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by Ctrl-Z, a debugger or a laptop that is closed for a night. A slow disk still has its limit."""
    path, clock = write_video(tmp_path / "x.mp4", frames=FRAMES), itertools.count(step=10)
    steps = iter([0.0, 50_000.0])  # one night between two packets
    monkeypatch.setattr(packets.time, "monotonic", lambda: next(steps, 50_000.0))
    with VideoFile(path) as file:
        assert file.frames == FRAMES
    monkeypatch.setattr(packets.time, "monotonic", lambda: float(next(clock)))
    monkeypatch.setattr(packets, "SECONDS", 100.0)
    with pytest.raises(BrokenVideo, match="takes more than 100 s") as caught:
        VideoFile(path)
    assert caught.value.reason.startswith("reading it takes")


def damaged(path: Path, seed: int) -> Path:
    """Ten bytes in the pictures changed."""
    with av.open(str(path)) as container:
        places = [(packet.pos or 0, packet.size) for packet in container.demux(video=0) if packet.size]
    draw, content = np.random.default_rng(seed), bytearray(path.read_bytes())
    for at in draw.choice(len(places), 10, False):
        start, size = places[at]
        content[start + int(draw.integers(size // 2, size))] ^= 0x55
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", ["mpeg4.mov", "h264.mp4", "h264.mkv"])
def test_damaged_frames_do_not_depend_on_what_else_is_asked_for(name: str, tmp_path: Path) -> None:
    kind = {"codec": "mpeg4", "options": {"g": "8", "bf": "2"}} if "mpeg4" in name else {"options": X264}
    path = damaged(write_video(tmp_path / name, frames=FRAMES, **kind), 1)
    found = checked(path)
    assert "concealed" in found.odd or "damaged" in found.odd or "skipped" in found.odd
    with VideoFile(path) as file:
        whole = file.images(range(file.frames))
    with VideoFile(path) as used:
        for wanted in ([29], [12], [3, 17, 22], [20, 21]):
            with VideoFile(path) as fresh:
                np.testing.assert_array_equal(fresh.images(wanted), whole[wanted])
            np.testing.assert_array_equal(used.images(wanted), whole[wanted])


LACKING = {
    # 188 bytes are a packet of a transport stream, which counts them.
    "h264.ts": (188, "its container is damaged (pieces of a packet are missing)"),
    "mpeg2.ts": (188, "its container is damaged (pieces of a packet are missing)"),
    "wmv2.wmv": (1, "frames for 1.2 s at 25 a second"),
}


@pytest.mark.parametrize("name", LACKING)
def test_pieces_missing_in_the_middle_are_told(name: str, tmp_path: Path) -> None:
    """Taken out of a transport stream, overwritten with zeros elsewhere."""
    path = write_video(tmp_path / name, frames=FRAMES, **KINDS[name])
    size, said = LACKING[name]
    content, piece = path.read_bytes(), size
    start = len(content) // 3 // piece * piece
    end = start + len(content) // 4 // piece * piece
    path.write_bytes(content[:start] + bytes(end - start if piece == 1 else 0) + content[end:])
    found = checked(path)
    assert found.broken == ""
    assert said in found.odd


def test_pictures_that_end_early_are_told_where_nothing_else_goes_on(tmp_path: Path) -> None:
    path = write_video(tmp_path / "x.mxf", frames=FRAMES, codec="mpeg2video", options={"g": "8"})
    content = path.read_bytes()
    assert checked(path).odd == ""
    path.write_bytes(content[: int(len(content) * 0.7)])
    assert " of 1.2 s" in checked(path).odd


def test_an_error_of_the_library_in_one_video_is_that_videos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyAV raises IndexError where a packet's stream was not announced by the file."""
    path = write_video(tmp_path / "x.ts", frames=FRAMES, **KINDS["h264.ts"])
    opened = packets.OpenedVideo

    class Failing:
        def __init__(self, container: Any) -> None:
            self.container = container

        def __getattr__(self, name: str) -> Any:
            return getattr(self.container, name)

        def demux(self, stream: Any) -> Any:
            for number, packet in enumerate(self.container.demux(stream)):
                if number == FRAMES - 3:
                    raise IndexError("list index out of range")
                yield packet

    class Opened(opened):  # type: ignore[misc, valid-type]
        def __init__(self, path: Path) -> None:
            super().__init__(path)
            self.container = Failing(self.container)

    monkeypatch.setattr(packets, "OpenedVideo", Opened)
    assert "a packet of a stream that appears on the way" in checked(path).odd
