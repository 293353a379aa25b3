"""Rows that a table generates: all combinations of what `each` lists, filled into a label and a setting."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from backbones.base.errors import suggestion

Scalar = bool | int | float | str
Values = Sequence[Scalar] | Mapping[str, Scalar]
PLACE = re.compile(r"\{([^{}]*)\}")
MOST = 2000  # rows of one table


@dataclass(frozen=True)
class Combination:
    """names: {what `each` calls it: the value's name}. values: the texts behind them."""

    names: dict[str, str]
    values: dict[str, str]

    @property
    def key(self) -> str:
        """As `reported` names the row: "middle, local"."""
        return ", ".join(self.names.values())


def text_of(value: Scalar) -> str:
    """As it is written in YAML."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def setting_of(text: str) -> str:
    """With single blanks, as a value may be empty."""
    return " ".join(text.split())


def combinations(each: Mapping[str, Values], but: Sequence[Mapping[str, Scalar]]) -> list[Combination]:
    """All of them, the last name varying fastest; a single empty one where `each` lists nothing.

    but: those that are left out. A `ValueError` where one of them names what is not there.
    """
    lists = {name: _texts(values) for name, values in each.items()}
    for out in but:
        for name, value in out.items():
            if text_of(value) not in lists.get(name, {}):
                raise ValueError(f"but: there is no {name} '{text_of(value)}' in each")
    count = 1
    for values in lists.values():
        count *= len(values)
    if count > MOST:
        raise ValueError(f"each gives {count} rows; at most {MOST}")
    found = []
    for chosen in product(*lists.values()):
        names = dict(zip(lists, chosen, strict=True))
        if not any(all(names[key] == text_of(value) for key, value in out.items()) for out in but):
            found.append(Combination(names, {name: lists[name][value] for name, value in names.items()}))
    return found


def _texts(values: Values) -> dict[str, str]:
    """{name: text} of what `each` lists."""
    if isinstance(values, Mapping):
        return {name: text_of(value) for name, value in values.items()}
    return {text_of(value): text_of(value) for value in values}


def filled(text: str, combination: Combination) -> str:
    """`{level}` is the name of the combination's value, `{level.value}` the text behind it."""
    return PLACE.sub(lambda found: _one(found[1], combination), text)


def _one(word: str, combination: Combination) -> str:
    name, dot, rest = word.partition(".")
    if name not in combination.names or rest not in ("", "value") or (dot and not rest):
        raise ValueError(f"'{{{word}}}' is not in each{suggestion(name, list(combination.names))}")
    return combination.values[name] if dot else combination.names[name]


def check_used(each: Mapping[str, Values], texts: Sequence[str]) -> None:
    """A `ValueError` for a list that no text names: its rows would be the same."""
    used = {word.partition(".")[0] for text in texts for word in PLACE.findall(text)}
    if unused := [name for name in each if name not in used]:
        raise ValueError(f"each: '{unused[0]}' is in neither label nor setting")
