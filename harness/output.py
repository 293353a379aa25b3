"""What is printed reaches whoever reads it: also where a terminal knows few characters, or a disk is full."""

from __future__ import annotations

import codecs
import io
import sys

ESCAPED = "mbd-harness-escaped"


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


def _escaped(error: UnicodeError) -> tuple[str, int]:
    import json

    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end
