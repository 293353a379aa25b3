"""A lock between processes, on a file: one holds it at a time, and it ends with its process.

`flock`, since the kernel lets go of it however its process ends, since Linux passes it on to the server of
NFS, and since looking whether a lock is held does not end one's own, as closing a file ends a POSIX lock.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backbones.base.errors import UserError

NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
_descriptors: set[int] = set()


@contextmanager
def locked(path: Path, wait: bool) -> Iterator[None]:
    """Holds the lock on the file `path`, which is created where it is not there and stays.

    wait: until another process lets go of it; otherwise `BlockingIOError` at once. The file is never
    truncated, and a symbolic link in its place is a `UserError`: it could lead to a file of the user's.
    A `UserError` too where the file system has no locks.
    """
    operation = fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB
    while True:
        with _held(path, operation) as descriptor:
            if _is_at(descriptor, path):
                yield
                return


@contextmanager
def _held(path: Path, operation: int) -> Iterator[int]:
    descriptor = _opened(path, os.O_RDWR | os.O_CREAT)
    _descriptors.add(descriptor)
    try:
        _lock(descriptor, path, operation)
        yield descriptor
    finally:
        if descriptor in _descriptors:
            _descriptors.remove(descriptor)
            os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether the file is still the one there: while it was waited for, its folder can have been deleted."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return os.path.samestat(found, os.fstat(descriptor))


def holds(path: Path) -> bool:
    """Whether this process holds the lock on the file that is at `path` now."""
    return any(_is_at(descriptor, path) for descriptor in _descriptors)


def is_locked(path: Path) -> bool:
    """Whether a process holds the lock on `path`; False where that cannot be told."""
    try:
        descriptor = _opened(path, os.O_RDONLY)
    except (OSError, UserError):
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def _opened(path: Path, flags: int) -> int:
    try:
        return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise UserError(
                f"cannot lock {path}: it is a symbolic link, expected a file; delete it"
            ) from None
        raise


def _lock(descriptor: int, path: Path, operation: int) -> None:
    try:
        fcntl.flock(descriptor, operation)
    except OSError as error:
        if error.errno in NO_LOCKS:
            raise UserError(
                f"cannot lock {path}: its file system has no locks ({os.strerror(error.errno)}); "
                "choose a folder on another one"
            ) from None
        raise


def _close_in_child() -> None:
    """A process that was forked, such as a loader's worker, would hold the lock after its parent's end."""
    for descriptor in _descriptors:
        os.close(descriptor)
    _descriptors.clear()


os.register_at_fork(after_in_child=_close_in_child)
