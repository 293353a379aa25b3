"""201 records of schema 1, from before there was a pre-training: old, and of every method and many settings.

They rank nothing and are on no page; what reads, shows and continues records is tested on them.
"""

from __future__ import annotations

import tarfile
import tempfile
from functools import cache
from pathlib import Path

PACKED = Path(__file__).parents[1] / "fixtures" / "older_records.tar.xz"
NAMES = ("localglobal", "ut-interaction")


@cache
def _place() -> tempfile.TemporaryDirectory[str]:
    """Unpacked once; it goes with the process."""
    place = tempfile.TemporaryDirectory(prefix="older-records-")
    with tarfile.open(PACKED) as packed:
        packed.extractall(place.name, filter="data")
    return place


def older(name: str) -> Path:
    """Folder of the runs on that data set: "localglobal" (174) or "ut-interaction" (27)."""
    return Path(_place().name) / name
