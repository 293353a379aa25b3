from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from support.numbered_videos import number_in, numbered_frame

from harness.data.video.decode import BrokenVideo, VideoFile, View


def write_frames(folder: Path, count: int = 12, start: int = 1, name: str = "img_{:05d}.jpg") -> Path:
    """Frames that tell their own number, from 0."""
    folder.mkdir(parents=True)
    for number in range(count):
        codec = "png" if name.endswith("png") else "mjpeg"
        with av.open(str(folder / name.format(start + number)), "w", format="image2") as out:
            stream = out.add_stream(codec, rate=1, options={"qscale": "2"})
            stream.width, stream.height = 96, 64
            stream.pix_fmt = "rgb24" if codec == "png" else "yuvj420p"
            image = av.VideoFrame.from_ndarray(numbered_frame(number, 96, 64), format="rgb24")
            out.mux(stream.encode(image))
            out.mux(stream.encode(None))
    return folder


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (1, "img_{:05d}.jpg"),
        (0, "img_{:05d}.jpg"),
        (95, "{}.jpg"),
        (1, "frame{:06d}.png"),
        (1, "image_{:04d}.JPEG"),
    ],
)
def test_frames_in_their_order(tmp_path: Path, start: int, name: str) -> None:
    folder = write_frames(tmp_path / "clip", start=start, name=name)
    (folder / "flow_x_00001.jpg").write_bytes(b"optical flow, not looked at")
    (folder / "notes.txt").write_text("")
    with VideoFile(folder) as file:
        assert (file.frames, file.width, file.height) == (12, 96, 64)
        wanted = [3, 11, 0, 3, 40]
        assert [number_in(image) for image in file.images(wanted)] == [3, 11, 0, 3, 11]
        assert [number_in(image) for image in file.images([5], (48, 32))] == [5]


def test_pixels(tmp_path: Path) -> None:
    folder = write_frames(tmp_path / "clip", count=2, name="img_{:05d}.png")
    with VideoFile(folder) as file:
        whole, part = file.read([View([1], (96, 64), (0, 0, 96, 64)), View([1], (96, 64), (8, 4, 20, 10))])
    np.testing.assert_array_equal(whole[0], numbered_frame(1, 96, 64))
    np.testing.assert_array_equal(part[0], numbered_frame(1, 96, 64)[4:14, 8:28])


def broken(folder: Path) -> str:
    with pytest.raises(BrokenVideo) as caught, VideoFile(folder) as file:
        file.images(range(file.frames))
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{folder}: ")


def test_broken_folders(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert broken(tmp_path / "empty").startswith("no frames in this folder; expected img_00001.jpg")
    gap = write_frames(tmp_path / "gap", 5)
    (gap / "img_00003.jpg").unlink()
    assert broken(gap) == "frames are missing between img_00002.jpg and img_00004.jpg"
    (gap / "img_00003.jpg").write_bytes(b"")
    assert broken(gap) == "img_00003.jpg cannot be decoded"
    (gap / "img_00003.jpg").write_bytes(b"no picture")
    assert broken(gap) == "img_00003.jpg cannot be decoded"
    (gap / "img_00003.jpg").write_bytes((gap / "img_00002.jpg").read_bytes())
    (gap / "img_3.jpg").write_bytes((gap / "img_00002.jpg").read_bytes())
    assert broken(gap) == "img_00003.jpg and img_3.jpg are the same frame"
