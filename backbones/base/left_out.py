"""What trainers save beside their tensors, by name: nothing of it is made, and nothing of it is called.

While a file is read, each of these names stands for `Beside`, or for an empty mapping: the class of that name
is never imported, so that it does not matter what it would do with the values that the file has for it. A
file with any other name is refused, also where that name is among the values of one of these.
"""

from __future__ import annotations

from typing import Any


class Beside:
    """In the place of an object: it takes whatever it is given, and keeps nothing."""

    def __new__(cls, *_: Any) -> Beside:
        return object.__new__(cls)

    def __init__(self, *_: Any) -> None:
        pass

    def __setstate__(self, _: Any) -> None:
        pass


def mapping(*_: Any) -> dict[Any, Any]:
    """In the place of a defaultdict, whose items are in the file one by one; its factory is left out."""
    return {}


NAMES = (
    "argparse.Namespace",
    "types.SimpleNamespace",
    "datetime.datetime",
    "datetime.timedelta",
    "pathlib.Path",
    "pathlib.PosixPath",
    "pathlib.WindowsPath",
    "pathlib.PurePosixPath",
    "builtins.list",
    "builtins.dict",
    "builtins.int",
    "builtins.float",
    "builtins.slice",
    # NumPy's own could be given an array of pointers, so that these are no exception.
    "numpy.dtype",
    "numpy.ndarray",
    "numpy._core.multiarray.scalar",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray._reconstruct",
    "numpy.core.multiarray._reconstruct",
    "mmengine.logging.history_buffer.HistoryBuffer",
)
LEFT_OUT: tuple[tuple[Any, str], ...] = (
    *((Beside, name) for name in NAMES),
    (mapping, "collections.defaultdict"),
)
