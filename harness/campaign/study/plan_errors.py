"""What is wrong with a study's plan, in the plan's own words: pydantic names places in types. No torch."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ValidationError

from backbones.base.errors import suggestion
from harness.config.typed.validation_messages import FirstError, first_error

METHOD = "a method's name, or {method: {setting: value}}"
EXPECTED = {  # what a plan may say there, where a value is of another kind
    "arms": "a list of methods, such as [two_stream, {mbd: {final: false}}]",
    "arms[]": METHOD,
    "controls": "a mapping with harm and gain",
    "controls.harm": METHOD,
    "controls.gain": METHOD,
    "controls.against": METHOD,
    "settings": "a list of settings, such as [train.epochs=10]",
    "settings[]": "text, such as train.epochs=10",
    "seeds": "the pairs that have each joint seed, such as {1: all, 2: 6}",
    "tables": "a list of names",
    "fitted": "a list of arms' names",
    "splits": "a list of names, one for each pair",
}
LONGEST = 60  # letters of a value that are shown


def explained(error: ValidationError, plan: type[BaseModel], controls: type[BaseModel], seeds: int) -> str:
    """The first error of a plan. seeds: how many joint seeds there can be."""
    first = first_error(error)
    place = first.place
    if first.kind == "extra_forbidden":
        known = list(plan.model_fields if "." not in first.setting else controls.model_fields)
        hint = suggestion(first.setting.rpartition(".")[2], known) or ";"
        return f"unknown setting '{first.setting}'{hint} a plan has {', '.join(known)}"
    if first.kind == "missing":
        return f"setting '{first.setting}' is needed and not given{_needed(first.setting)}"
    if place[:1] == ("seeds",) and len(place) > 1:
        return _of_seeds(place, seeds, first.given)
    simple = not isinstance(first.given, dict | list)
    return _of_kind(place, first) or first.line + f"; got {shown(first.given)}" * simple


def _needed(setting: str) -> str:
    if not setting.startswith("controls."):
        return ""
    return "; controls are both: harm, an arm that must fall short, and gain, one that must exceed"


def _of_seeds(place: tuple[int | str, ...], most: int, given: Any) -> str:
    if place[-1] == "[key]":
        return f"seeds: expected joint seeds from 1 to {most}; got {shown(given)}"
    return f"seeds: joint seed {place[1]}: expected a number of pairs, or all; got {shown(given)}"


def _of_kind(place: tuple[int | str, ...], first: FirstError) -> str:
    """Of a value where a list or a method stands; "" elsewhere."""
    names = [str(part) for part in place if isinstance(part, str)][: 2 if place[:1] == ("controls",) else 1]
    number = next((part for part in place if isinstance(part, int)), None)
    kind = ".".join(names) + "[]" * (number is not None)
    if kind not in EXPECTED:
        return ""
    where = kind.replace("[]", f"[{number}]")
    return f"{where}: expected {EXPECTED[kind]}; got {shown(first.given)}"


def shown(value: Any) -> str:
    """As JSON, a long one cut."""
    try:
        text = json.dumps(value, default=str, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = type(value).__name__
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
