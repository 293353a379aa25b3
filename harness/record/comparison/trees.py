"""Where two trees of plain types differ. No torch."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

NOT_THERE = "–"


@dataclass(frozen=True)
class Differing:
    """name: dotted, of the field. first, second: its values, `NOT_THERE` where one tree has no such field."""

    name: str
    first: Any
    second: Any

    def __str__(self) -> str:
        return f"{self.name}: {_short(self.first)} and {_short(self.second)}"


def differing(
    first: Any, second: Any, leave_out: Collection[str] = (), name: str = ""
) -> Iterator[Differing]:
    """Every leaf that differs, in the order of the first tree. leave_out: patterns of dotted names."""
    if any(fnmatchcase(name, pattern) for pattern in leave_out):
        return
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        for key in dict.fromkeys([*first, *second]):
            ours, theirs = first.get(key, NOT_THERE), second.get(key, NOT_THERE)
            yield from differing(ours, theirs, leave_out, f"{name}.{key}" if name else str(key))
    elif _is_list(first) and _is_list(second) and len(first) == len(second):
        for number, (ours, theirs) in enumerate(zip(first, second, strict=True)):
            yield from differing(ours, theirs, leave_out, f"{name}[{number}]")
    elif first != second or type(first) is not type(second):
        yield Differing(name, first, second)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
