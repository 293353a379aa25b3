from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from support.numbered_videos import write_video

from harness.data.sets import folder
from harness.data.survey import Survey, check_video, content_hash, survey
from harness.data.video.decode import VideoFile


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Eight different videos, and three faults."""
    for part, lengths in (("train", (20, 21, 22)), ("test", (23,))):
        for name in ("run", "walk"):
            (tmp_path / part / name).mkdir(parents=True)
            for length in lengths:
                frames = length + (10 if name == "walk" else 0)
                write_video(tmp_path / part / name / f"{length}.mp4", frames=frames, size=(32, 32))
    write_video(tmp_path / "train" / "run" / "brief.mp4", frames=5, size=(48, 32))
    shutil.copy(tmp_path / "train/run/20.mp4", tmp_path / "test/run/copy.mp4")
    (tmp_path / "test/walk/broken.mp4").write_bytes(b"no video")
    return tmp_path


def surveyed(root: Path, workers: int = 2) -> Survey:
    return survey(folder.index(root), workers, lambda done, total: None)


def test_what_is_found(root: Path) -> None:
    found = surveyed(root)
    assert [(video.id, video.part) for video in found.broken] == [("test/walk/broken.mp4", "test")]
    assert found.broken[0].broken.startswith("cannot be read as a video")
    assert [(video.id, video.odd) for video in found.odd] == [("train/run/brief.mp4", "only 5 frames")]
    assert [[video.id for video in group] for group in found.across] == [
        ["train/run/20.mp4", "test/run/copy.mp4"]
    ]
    frames = {video.id: (video.frames, video.size) for video in found.videos}
    assert frames["train/walk/21.mp4"] == (31, (32, 32))
    assert frames["train/run/brief.mp4"] == (5, (48, 32))
    assert len(frames) == 11
    assert found.plain()["in_both_splits"] == 1


def test_content_depends_on_the_content_alone(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    here = surveyed(root)
    there = tmp_path_factory.mktemp("there") / "copy"
    shutil.copytree(root, there)
    assert surveyed(there, workers=1).content == here.content
    data = bytearray((there / "train/run/22.mp4").read_bytes())
    data[-1] ^= 1
    (there / "train/run/22.mp4").write_bytes(data)
    after = surveyed(there)
    assert after.content != here.content
    assert after.index.fingerprint == here.index.fingerprint  # the same names and sizes


def test_folders_of_frames(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", frames=3)
    frames = tmp_path / "clip"
    frames.mkdir()
    for number in (2, 10):
        (frames / f"img_{number}.jpg").write_bytes(bytes([number]))
    inner = [hashlib.sha256(bytes([number])).digest() for number in (2, 10)]
    assert content_hash(frames) == hashlib.sha256(b"".join(inner)).hexdigest()
    assert content_hash(tmp_path / "a.mp4") != content_hash(frames)


def test_a_vanished_video_is_broken(tmp_path: Path) -> None:
    from harness.data.index import Video

    gone = check_video(Video("x.mp4", tmp_path / "x.mp4", 0), "test")
    assert "No such file" in gone.broken
    assert gone.content == ""


def test_check_command(harness_cli, root: Path, tmp_path: Path) -> None:
    import json

    report = tmp_path / "out" / "report.json"
    code, out, err = harness_cli(
        "data", "check", "folder", "--data-root", root, "--out", report, "--json", "--workers", "2"
    )
    assert code == 1
    assert json.loads(out) == json.loads(report.read_text())
    assert "broken: 1" in err
    assert "train train/run/20.mp4 = test test/run/copy.mp4" in err
    code, _, err = harness_cli("data", "check", "folder", "--data-root", root, "--set", "train.lr=1")
    assert code == 2
    assert err.startswith("error: here --set takes a data set's own settings only")


def test_what_lists_name_and_the_disk_lacks_fails_a_check_where_it_would_stop_a_run(
    harness_cli, tmp_path: Path
) -> None:
    lines = ["path,label,split"]
    for number, (label, part) in enumerate((x, y) for x in ("run", "walk") for y in ("train", "test")):
        write_video(tmp_path / f"{number}.mp4", frames=20 + number, size=(32, 32))
        lines.append(f"{number}.mp4,{label},{part}")
    (tmp_path / "list.csv").write_text("\n".join([*lines, "gone.mp4,run,train"]) + "\n")
    listed = ["data", "check", "folder", "--data-root", tmp_path, "--set", "data.annotations=list.csv"]
    report = ["--out", tmp_path / "report.json"]
    code, out, _ = harness_cli(*listed, *report)
    assert (code, "missing: 1\n  gone.mp4\n" in out) == (1, True), out
    code, out, _ = harness_cli(*listed, *report, "--set", "data.missing=warn")
    assert (code, "missing: 1\n" in out) == (0, True), out


def test_make_command(harness_cli, tmp_path: Path) -> None:
    few = [*("--set", "data.train_per_class=1", "--set", "data.test_per_class=1"), "--set", "data.size=48"]
    code, out, err = harness_cli("data", "make", tmp_path / "clips", *few)
    assert (code, "16 training and 16 test clips" in out) == (0, True), err
    plain = Path(out.split("--dataset folder --data-root ")[1].strip())
    assert len(folder.index(plain).train) == 16


def test_a_copy_is_found_in_another_container_and_with_bytes_behind_it(tmp_path: Path) -> None:
    """The same packets in Matroska, by PyAV; and a file that is a few bytes longer."""
    import av

    for part, name, size in (
        ("train", "run", 32),
        ("train", "walk", 48),
        ("test", "run", 64),
        ("test", "walk", 96),
    ):
        (tmp_path / part / name).mkdir(parents=True)
        write_video(tmp_path / part / name / f"{part}.avi", frames=20, size=(size, size), codec="mpeg4")
    first = tmp_path / "train/run/train.avi"
    with av.open(str(first)) as old, av.open(str(tmp_path / "test/run/other.mkv"), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(old.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
    second = tmp_path / "train/walk/train.avi"
    (tmp_path / "test/walk/longer.avi").write_bytes(second.read_bytes() + b"more")
    found = surveyed(tmp_path)
    assert [[video.id for video in group] for group in found.across] == [
        ["train/run/train.avi", "test/run/other.mkv"],
        ["train/walk/train.avi", "test/walk/longer.avi"],
    ]


@pytest.mark.parametrize("size", [(53, 38), (54, 37), (53, 37)])
@pytest.mark.parametrize(
    ("codec", "pixel_format"),
    [
        *(("ffv1", name) for name in ("yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "gray", "bgr0")),
        ("libvpx-vp9", "yuv420p"),
    ],
)
def test_videos_of_an_odd_width_or_height(
    tmp_path: Path, size: tuple[int, int], codec: str, pixel_format: str
):
    """Something-Something V2 is published in such sizes."""
    path = write_video(tmp_path / "odd.mkv", frames=9, size=size, codec=codec, pixel_format=pixel_format)
    with VideoFile(path) as file:
        decoded, sizes, pictures = file.survey()
    assert (decoded, sizes) == (9, {size})
    write_video(tmp_path / "other.mkv", frames=10, size=size, codec=codec, pixel_format=pixel_format)
    with VideoFile(tmp_path / "other.mkv") as file:
        assert file.survey()[2] != pictures
