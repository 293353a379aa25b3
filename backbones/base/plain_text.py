"""Text of strangers made fit for terminals and files: names and labels without control characters."""

from __future__ import annotations

import re
from typing import Any

# Sequences that colour a terminal, move its cursor or set its title; then what is left of C0, C1 and the
# characters that turn the direction of the text around them.
_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_BLANK = re.compile("[\t\n\x0b\x0c\r\x85\u2028\u2029]+")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without control characters, on one line; what is not Unicode is shown as `\\xe9`."""
    if text.isprintable():
        return text
    text = _BLANK.sub(" ", _SEQUENCE.sub("", text))
    return _SURROGATE.sub(_shown, _CONTROL.sub("", text))


def _shown(found: re.Match[str]) -> str:
    """A byte of a file name that is not UTF-8, as Python keeps it; the replacement character for others."""
    byte = ord(found[0]) - 0xDC00
    return f"\\x{byte:02x}" if 0x80 <= byte <= 0xFF else "\ufffd"


def counted(count: int, noun: str) -> str:
    """ "1 pair", "2 pairs"."""
    return f"{count} {noun}{'s' * (count != 1)}"


def in_csv(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; numbers stay as they are."""
    if text[:1] not in ("=", "+", "-", "@", "\t", "\r"):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text


def in_markdown(text: str) -> str:
    """Text that Markdown shows as it stands: no HTML, no link, no image, nothing that escapes our escapes."""
    text = text.replace("\\", "\\\\").replace("<", "\\<")
    return re.sub(r"\](?=[(\[:])", r"]\\", text)


def clean_tree(value: Any) -> Any:
    """Plain types with every text in them made clean, keys too."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [clean_tree(each) for each in value]
    if isinstance(value, dict):
        return {clean_tree(key): clean_tree(each) for key, each in value.items()}
    return value
