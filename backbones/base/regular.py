"""Only regular files are read. No torch."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def check_regular(path: Path) -> None:
    """Raises `ValueError` for a pipe, which would be waited for, a device, a folder or a socket."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("it is not a regular file")


def odd_kind(path: Path) -> str:
    """ "a named pipe", "a link that leads to itself" …; "" of a regular file and of a place with nothing."""
    try:
        found = path.stat().st_mode
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "a link that leads to itself"
        if error.errno == errno.ENOENT:
            return "a link to a place where nothing is" if path.is_symlink() else ""
        return f"a place that cannot be read ({os.strerror(error.errno or 0)})"
    kind = stat.S_IFMT(found)
    known = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket"}
    return "" if kind == stat.S_IFREG else known.get(kind, "a device")
