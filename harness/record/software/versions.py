"""Versions of what decodes and transforms videos, told without importing any of it."""

from __future__ import annotations

import re
import sys
from importlib import metadata

# Package indexes have OpenCV under several names.
OPENCV = (
    "opencv-python-headless",
    "opencv-python",
    "opencv-contrib-python-headless",
    "opencv-contrib-python",
)
FFMPEG = (
    "libavcodec",
    "libavdevice",
    "libavfilter",
    "libavformat",
    "libavutil",
    "libswresample",
    "libswscale",
)
_LIBRARY = re.compile(rf"({'|'.join(FFMPEG)})\b.*?\.(?:so\.)?(\d+(?:\.\d+)+)(?:\.dylib)?$")


def versions() -> dict[str, str | dict[str, str] | None]:
    """By package; null where it is not installed, or does not say. ffmpeg: by library, as PyAV has them."""
    return {
        "numpy": _installed("numpy"),
        "opencv": next((found for name in OPENCV if (found := _installed(name))), None),
        "pyav": _installed("av"),
        "ffmpeg": ffmpeg(),
    }


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def ffmpeg() -> dict[str, str] | None:
    """From PyAV where it is loaded already, else from the names of the libraries that its wheel brings."""
    loaded = getattr(sys.modules.get("av"), "library_versions", None)
    if loaded:
        return {name: ".".join(map(str, version)) for name, version in sorted(loaded.items())}
    try:
        files = metadata.files("av") or []
    except metadata.PackageNotFoundError:
        return None
    matches = [match for file in files if (match := _LIBRARY.match(file.name))]
    return {match[1]: match[2] for match in sorted(matches, key=lambda match: match[1])} or None
