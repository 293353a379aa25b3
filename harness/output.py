"""What is printed reaches whoever reads it: also where a terminal knows few characters, or a disk is full.
Where nobody reads it any more, the work goes on."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from typing import Any, TextIO

ESCAPED = "mbd-harness-escaped"


class _Unread(io.FileIO):
    """A file descriptor, whose output is thrown away once its reader (`| head`, a terminal) is gone."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._terminal = self.isatty()

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            if error.errno != errno.EPIPE and not (self._terminal and error.errno == errno.EIO):
                raise
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())  # libraries in C and child processes write there, too
        os.close(nowhere)
        return super().write(data)


def outlive_readers() -> None:
    """From now on it is no error where stdout or stderr is not read to its end: what is left of it is thrown
    away, the work goes on, and the exit code is that of the work."""
    sys.stdout, sys.stderr = _outliving(sys.stdout), _outliving(sys.stderr)


def accept_all_characters() -> None:
    r"""What the encoding of stdout lacks is printed as \u2191, so that nothing is lost and JSON stays JSON.

    An encoding is strict by default, and one arrow in a table would end the command.
    """
    codecs.register_error(ESCAPED, _escaped)
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors=ESCAPED)


def flush() -> None:
    """Raises what the system says of output that it does not take, while it can still be reported."""
    if sys.stdout is not None:
        sys.stdout.flush()


def _outliving(stream: TextIO) -> TextIO:
    """The stream itself where it is closed, or writes to no file descriptor."""
    buffer = getattr(stream, "buffer", None)
    raw = getattr(buffer, "raw", buffer)  # with python -u there is none between
    if type(stream) is not io.TextIOWrapper or type(raw) is not io.FileIO:
        return stream
    stream.flush()
    unread = _Unread(raw.fileno())
    return io.TextIOWrapper(
        unread if raw is buffer else io.BufferedWriter(unread),  # type: ignore[arg-type]
        stream.encoding,
        stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _escaped(error: UnicodeError) -> tuple[str, int]:
    import json

    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end
