"""Made-up folders of videos, and what a list says of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.data.index import VideoIndex
from harness.data.sets import folder


def make(root: Path, names: Sequence[str]) -> Path:
    """Files that hold their own names."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


def read(root: Path, text: str, **settings: Any) -> tuple[dict[str, str], VideoIndex]:
    """({video: the name of its class}, the index) of a list with that text."""
    (root / "list.csv").write_bytes(text.encode())
    index = folder.index(root, annotations=root / "list.csv", checks="warn", **settings)
    return {video.id: index.classes[video.label] for video in (*index.train, *index.test)}, index
