"""Optical flow kept on disk: fields by the video's content and by all settings that they depend on.

One file per field, written beside its place and renamed, so that readers see whole files and any number of
writers may write the same one. What cannot be read is computed again; what cannot be written is not kept.
"""

from __future__ import annotations

import hashlib
import json
import threading
import uuid
from contextlib import suppress
from pathlib import Path

import numpy as np

from backbones.base.regular import check_regular
from backbones.spec import FlowSpec
from harness.data.index_checks import numbered_frames
from harness.data.video.decode import Pixels

FORM = 1  # of what is stored; another number makes old caches unread

# NumPy reads a file's header with Python's own parser. That of 3.11 counts its depth for all threads at once,
# and fails now and then where several parse ("AST constructor recursion depth mismatch").
_ONE_AT_A_TIME = threading.Lock()


class FlowCache:
    """The cached fields of one video at one size. root: None keeps nothing."""

    def __init__(self, root: Path | None, video: Path, spec: FlowSpec, size: tuple[int, int]) -> None:
        self.size = size
        self.folder = None if root is None else root / _key(video, spec, size)

    def get(self, number: int) -> Pixels | None:
        """Field `number` (H, W, 2), or None where it is not there whole."""
        if self.folder is None:
            return None
        try:
            check_regular(self._path(number))
            with _ONE_AT_A_TIME:
                field = np.load(self._path(number), allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        width, height = self.size
        return field if field.shape == (height, width, 2) and field.dtype == np.uint8 else None

    def put(self, number: int, field: Pixels) -> None:
        """Keeps one quantised field (H, W, 2); a disk that refuses it is no error."""
        if self.folder is None:
            return
        path = self._path(number)
        temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                # Not synced to the disk: a file that a power cut leaves short is computed again.
                with temporary.open("wb") as file:
                    np.save(file, field)
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)

    def _path(self, number: int) -> Path:
        assert self.folder is not None
        return self.folder / f"{number:06d}.npy"


def _key(video: Path, spec: FlowSpec, size: tuple[int, int]) -> str:
    """`ab/abcdef…`: of the video's content, the settings, the libraries that decode and compute."""
    import av
    import cv2

    parts = [FORM, fingerprint(video), spec.algorithm, spec.bound, size, av.__version__, cv2.__version__]
    name = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]
    return f"{name[:2]}/{name}"


def fingerprint(video: Path) -> str:
    """SHA-256 hex of the file's bytes; of a folder of frames, of their names, sizes and times."""
    if not video.is_dir():
        with video.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    facts = [(name, (video / name).stat()) for _, name in numbered_frames(video)]
    rows = [(name, found.st_size, found.st_mtime_ns) for name, found in facts]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()
