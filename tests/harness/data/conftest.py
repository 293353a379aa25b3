from __future__ import annotations

from pathlib import Path

import pytest
from support.numbered_videos import write_video

SHARED = Path(__file__).parents[3] / "../shared/data"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("videos")


@pytest.fixture(scope="session")
def h264(folder: Path) -> Path:
    """60 frames of 96x64, B-frames, a keyframe every 20."""
    options = {"x264-params": "keyint=20:scenecut=0:bframes=3:log-level=none"}
    return write_video(folder / "clip.mp4", options=options)


@pytest.fixture(scope="session")
def ut_root() -> Path:
    root = SHARED / "ut-interaction"
    if not root.is_dir():
        pytest.skip("no UT-Interaction clips beside the checkout (../shared/data/ut-interaction)")
    return root
