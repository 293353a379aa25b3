from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from support.numbered_videos import number_in, numbered_frame, write_video, zero_packet

from harness.data.video.decode import BrokenVideo, VideoFile, View
from harness.data.video.frames import FrameReader, Numbered
from harness.data.video.opened import ANY_METADATA

KINDS: dict[str, dict[str, Any]] = {
    "h264.mp4": {
        "codec": "libx264",
        "options": {"x264-params": "keyint=12:scenecut=0:bframes=3:log-level=none"},
    },
    "h264-open.mkv": {
        "codec": "libx264",
        "options": {"x264-params": "keyint=12:open-gop=1:bframes=3:scenecut=0:log-level=none"},
    },
    "mpeg4.avi": {"codec": "mpeg4", "options": {"bf": "2", "g": "12"}},
    "mpeg4.mov": {"codec": "mpeg4", "options": {"bf": "2", "g": "12"}},
    "mpeg2.mpg": {"codec": "mpeg2video", "options": {"bf": "2", "g": "12"}},
    "flv.flv": {"codec": "flv1", "options": {"g": "12"}},
    "wmv.wmv": {"codec": "wmv2", "options": {"g": "12"}},
    "vp9.webm": {"codec": "libvpx-vp9", "options": {"cpu-used": "8", "deadline": "realtime", "g": "12"}},
    "full-range.avi": {"codec": "mjpeg", "pixel_format": "yuvj420p"},
    "444.mp4": {"codec": "libx264", "pixel_format": "yuv444p", "options": {"x264-params": "log-level=none"}},
    "rgb.mkv": {"codec": "ffv1", "pixel_format": "bgr0"},
    "ten-bit.mkv": {"codec": "ffv1", "pixel_format": "yuv420p10le"},
    "odd-size.mkv": {"codec": "ffv1", "pixel_format": "yuv420p", "size": (53, 37)},
}


@pytest.fixture(scope="module", params=KINDS)
def video(request: pytest.FixtureRequest, folder: Path) -> Path:
    return write_video(folder / request.param, **KINDS[request.param])


def ffmpeg_rgb(path: Path) -> list[NDArray[Any]]:
    """All frames, decoded in order, as FFmpeg's rgb24."""
    with av.open(str(path), **ANY_METADATA) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_frames_equal_ffmpeg_rgb24(video: Path) -> None:
    expected = ffmpeg_rgb(video)
    generator = np.random.default_rng(0)
    with VideoFile(video) as file:
        assert file.frames == len(expected) == 60
        for count in (1, 3, 20, 60):
            numbers = np.sort(generator.choice(60, count, replace=False))
            images = file.images(numbers.tolist())
            for number, image in zip(numbers, images, strict=True):
                assert np.abs(image.astype(int) - expected[number]).max() <= 2


def test_each_frame_is_the_one_asked_for(video: Path) -> None:
    with VideoFile(video) as file:
        for numbers in ([59], [0], [47, 11, 12, 11, 30], [25, 26, 27]):
            assert [number_in(image) for image in file.images(numbers)] == numbers


def test_frames_of_real_clips(ut_root: Path) -> None:
    """MPEG-4 in AVI with packed B-frames: fewer frames decode than the container promises."""
    for path in sorted(ut_root.glob("*/*.avi"))[::40]:
        expected = ffmpeg_rgb(path)
        with VideoFile(path) as file:
            assert file.frames > len(expected)
            numbers = [0, 7, 8, len(expected) - 1, len(expected), file.frames - 1]
            images = file.images(numbers)
        for number, image in zip(numbers, images, strict=True):
            wanted = expected[min(number, len(expected) - 1)]
            assert np.abs(image.astype(int) - wanted).max() <= 2


def test_views_share_decoded_and_scaled_frames(h264: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scaled: list[tuple[int, int]] = []
    scale = VideoFile._scale

    def counted(self: VideoFile, frame: av.VideoFrame, size: tuple[int, int]) -> NDArray[np.uint8]:
        scaled.append(size)
        return scale(self, frame, size)

    monkeypatch.setattr(VideoFile, "_scale", counted)
    views = [
        View([3, 4, 5], (48, 32), (0, 0, 32, 32)),
        View([5, 4, 3], (48, 32), (16, 0, 32, 32)),
        View([5, 9], (96, 64), (0, 0, 64, 64)),
    ]
    with VideoFile(h264) as file:
        left, right, large = file.read(views)
        whole = file.images([3, 4, 5], (48, 32))
    assert sorted(scaled[:5]) == [(48, 32)] * 3 + [(96, 64)] * 2
    np.testing.assert_array_equal(left, whole[:, :, :32])
    np.testing.assert_array_equal(right, whole[::-1, :, 16:])
    assert large.shape == (2, 64, 64, 3)


def test_decodes_no_more_than_needed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"x264-params": "keyint=20:min-keyint=20:scenecut=0:bframes=3:b-adapt=0:log-level=none"}
    path = write_video(folder / "long.mp4", frames=200, options=options)
    decoded = []
    decode = FrameReader._decode

    def counted(self: FrameReader, *where: int) -> Iterator[Numbered]:
        for number, frame in decode(self, *where):
            decoded.append(number)
            yield number, frame

    monkeypatch.setattr(FrameReader, "_decode", counted)
    with VideoFile(path) as file:
        assert decoded == [0]
        images = file.images([45, 50, 150])
    assert [number_in(image) for image in images] == [45, 50, 150]
    after = set(decoded[1:])
    assert after <= {*range(40, 51), *range(140, 151)}
    assert len(after) < 16  # of these 22, B-frames that nobody wants are not decoded


def test_scaling_is_linear_in_position(folder: Path) -> None:
    """A horizontal ramp stays the same ramp at pixel centres, and lies where the arithmetic says."""

    def ramp(number: int, width: int, height: int) -> NDArray[np.uint8]:
        row = np.linspace(20, 220, width)[None, :, None].repeat(height, 0).repeat(3, 2)
        return row.astype(np.uint8)

    path = write_video(folder / "ramp.mkv", codec="ffv1", frames=1, size=(160, 120), picture=ramp)
    for width, height in ((320, 240), (213, 160), (80, 60), (107, 80)):
        with VideoFile(path) as file:
            image = file.images([0], (width, height))[0].astype(float)
        x = (np.arange(width) + 0.5) * 160 / width - 0.5
        expected = 20 + 200 * x / 159
        inside = slice(3, -3)
        assert np.abs(image.mean(axis=(0, 2))[inside] - expected[inside]).max() < 2.5


def test_colours_keep_their_place_and_value(video: Path) -> None:
    with VideoFile(video) as file:
        image = file.images([0], (48, 32))[0].astype(int)
    left, right = image[24:30, 4:20].mean((0, 1)), image[24:30, 28:44].mean((0, 1))
    assert np.abs(left - [200, 0, 0]).max() < 12
    assert np.abs(right - [0, 0, 200]).max() < 12


def test_rotation_of_phone_videos(folder: Path) -> None:
    """A quarter turn clockwise: a stored pixel (x, y) is shown at (-y, x), shifted into the picture."""
    quarter = (0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    path = write_video(folder / "phone.mp4", frames=3, size=(96, 64), matrix=quarter)
    with VideoFile(path) as file:
        assert (file.width, file.height) == (64, 96)
        shown = file.images([1])[0].astype(int)
        small = file.images([1], (32, 48))[0].astype(int)
    stored = numbered_frame(1, 96, 64).astype(int)
    expected = np.stack([stored[::-1, x] for x in range(96)])
    for image, wanted in ((shown, expected), (small, expected[::2, ::2])):
        assert image.shape == wanted.shape
        assert np.abs(image - wanted).mean() < 15


def test_metadata_that_is_not_utf8(folder: Path) -> None:
    path = write_video(folder / "latin.avi", codec="mpeg4", frames=5)
    content = path.read_bytes()
    assert b"TITLE" in content
    path.write_bytes(content.replace(b"TITLE", b"\xe9\xff\xfe\xe9\xff"))
    with VideoFile(path) as file:
        assert number_in(file.images([4])[0]) == 4


def text(path: Path, h264: Path) -> None:
    path.write_text("this is no video\n" * 50)


def empty(path: Path, h264: Path) -> None:
    path.write_bytes(b"")


def half(path: Path, h264: Path) -> None:
    path.write_bytes(h264.read_bytes()[: h264.stat().st_size // 2])


def half_avi(path: Path, h264: Path) -> None:
    whole = write_video(path.with_suffix(".whole.avi"), codec="mpeg4")
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])


def half_streamed(path: Path, h264: Path) -> None:
    """The index comes first, so that the file opens."""
    whole = path.with_suffix(".whole.mp4")
    with av.open(str(h264)) as source, av.open(str(whole), "w", options={"movflags": "faststart"}) as sink:
        stream = sink.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                sink.mux(packet)
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])


def sound(path: Path, h264: Path) -> None:
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def noise(path: Path, h264: Path) -> None:
    """The container is whole, the pictures are not."""
    content = bytearray(h264.read_bytes())
    start = content.index(b"mdat") + 4
    end = content.index(b"moov") - 4
    content[start:end] = np.random.default_rng(0).bytes(end - start)
    path.write_bytes(content)


def missing(path: Path, h264: Path) -> None:
    pass


def directory(path: Path, h264: Path) -> None:
    path.mkdir()


BREAKS: dict[str, tuple[Callable[[Path, Path], None], str]] = {
    "text.mp4": (text, "cannot be read as a video"),
    "empty.mp4": (empty, r"the file is empty \(0 bytes\)"),
    "half.mp4": (half, "cannot be read as a video"),
    "half.avi": (half_avi, r"cut off: \d+ of 60 frames"),
    "half-streamed.mp4": (half_streamed, r"cut off: \d+ of 60 frames"),
    "sound.mp4": (sound, "no video stream"),
    "noise.mp4": (noise, "no frame|frames can be decoded"),
    "missing.mp4": (missing, "No such file"),
    "directory.mp4": (directory, "no frames in this folder"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_broken_files_are_one_line(name: str, h264: Path, tmp_path: Path) -> None:
    break_it, reason = BREAKS[name]
    path = tmp_path / name
    break_it(path, h264)
    with pytest.raises(BrokenVideo, match=reason) as caught, VideoFile(path) as file:
        file.images(range(60))
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 1


def test_damage_in_the_middle_is_bridged(tmp_path: Path) -> None:
    """A picture that cannot be decoded is shown by the one before it, and the others stay in their places."""
    path = zero_packet(write_video(tmp_path / "damaged.mp4", codec="mpeg4", options={"g": "1"}), 20)
    with VideoFile(path) as file:
        assert [number_in(image) for image in file.images([18, 19, 20, 21, 40])] == [18, 19, 19, 21, 40]
