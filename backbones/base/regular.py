"""Only regular files are read. No torch."""

from __future__ import annotations

import stat
from pathlib import Path


def check_regular(path: Path) -> None:
    """Raises `ValueError` for a pipe, which would be waited for, a device, a folder or a socket."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("it is not a regular file")
