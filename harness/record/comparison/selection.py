"""Choosing and ordering rows of runs: conditions such as "method=mbd, seed<3", and what differs. No torch."""

from __future__ import annotations

import fnmatch
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backbones.base.errors import UsageError, suggestion
from harness.files import parse_yaml

Row = Mapping[str, Any]
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
_CONDITION = re.compile(r"\s*([\w.:-]+?)\s*(<=|>=|!=|<|>|=)\s*(.*?)\s*")
_COMMA = re.compile(r",(?![^\[{]*[\]}])")  # not within a list


@dataclass(frozen=True)
class Condition:
    """name: of a column or a setting. value: as YAML reads it; of text, * stands for any characters."""

    name: str
    sign: str
    value: Any

    def holds(self, row: Row) -> bool:
        """A row that has no such value is not chosen, but by `!=` and `=null`."""
        own = row.get(self.name)
        if self.sign in ("=", "!="):
            return self._is(own) == (self.sign == "=")
        if own is None or isinstance(own, str) != isinstance(self.value, str):
            return False
        try:
            return COMPARE[self.sign](own, self.value)
        except TypeError:
            return False

    def _is(self, own: Any) -> bool:
        if isinstance(own, str):
            return fnmatch.fnmatchcase(own, str(self.value))
        return bool(own == self.value)


def conditions(text: str, known: Iterable[str]) -> list[Condition]:
    """Of --where. Raises UsageError for what is no condition, or is about what no run has."""
    found = []
    for part in _COMMA.split(text):
        match = _CONDITION.fullmatch(part)
        if not match or not match[3]:
            raise UsageError(
                f"--where '{part.strip()}': expected NAME=VALUE, also with !=, <, <=, > or >=, and commas "
                "between several"
            )
        found.append(Condition(checked(match[1], known, "--where"), match[2], _value(match[3])))
    return found


def _value(text: str) -> Any:
    try:
        return parse_yaml(text)
    except ValueError:
        return text


def checked(name: str, known: Iterable[str], option: str) -> str:
    """The name, where a run has such a value; else a `UsageError` that names `option`."""
    names = list(known)
    if name not in names:
        ends = [each for each in names if each.rpartition(".")[2] == name]
        hint = f"; did you mean '{ends[0]}'?" if ends else suggestion(name, names)
        raise UsageError(f"{option} {name}: no run here has it{hint or '; harness runs --json shows all'}")
    return name


def ordered(rows: Sequence[Row], name: str) -> list[Row]:
    """By that value, from the least; "-name": from the largest. Rows without it come last."""
    key = name.removeprefix("-")
    with_it = [row for row in rows if row.get(key) is not None]
    numbers = all(isinstance(row[key], int | float) for row in with_it)
    with_it.sort(key=lambda row: row[key] if numbers else str(row[key]), reverse=name.startswith("-"))
    return [*with_it, *(row for row in rows if row.get(key) is None)]


def differing(rows: Sequence[Row]) -> list[str]:
    """The names whose values are not the same in all rows."""
    names = dict.fromkeys(name for row in rows for name in row)
    return [name for name in names if any(row.get(name) != rows[0].get(name) for row in rows[1:])]
