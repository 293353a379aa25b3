"""Folders of data sets that cannot be used."""

from __future__ import annotations

from pathlib import Path

from support.numbered_videos import write_video

from harness.doctor.data_roots import examine


def videos(root: Path) -> Path:
    for name in ("run/0", "run/1", "walk/0", "walk/1"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        write_video(root / f"{name}.mp4", frames=4, size=(32, 32))
    return root


def state(text: str, decoder: bool = True) -> tuple[str, str]:
    (found,) = examine([text], decoder)
    return found.state, found.said


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert state(f"{tmp_path}/gone") == ("error", f"{tmp_path}/gone: No such file or directory")


def test_a_disk_that_is_not_mounted(tmp_path: Path) -> None:
    assert state(str(tmp_path)) == ("error", f"{tmp_path} is empty")


def test_a_folder_without_the_videos_of_the_data_set(tmp_path: Path) -> None:
    found = state(f"folder={tmp_path}")
    assert found[0] == "error"
    assert found[1].startswith(f"folder: no videos in folders of '{tmp_path}'")


def test_videos_that_can_be_read(tmp_path: Path) -> None:
    assert state(f"folder={videos(tmp_path)}") == (
        "ok",
        f"folder in {tmp_path}: 2 training and 2 test videos",
    )


def test_videos_that_cannot_be_decoded(tmp_path: Path) -> None:
    for path in videos(tmp_path).rglob("*.mp4"):
        path.write_bytes(b"no video")
    found = state(f"folder={tmp_path}")
    assert (found[0], "cannot be read as a video" in found[1]) == ("error", True)
    assert state(f"folder={tmp_path}", decoder=False)[0] == "ok"
