"""The first of pydantic's errors, in the words of all our errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError


@dataclass(frozen=True)
class FirstError:
    """setting: its dotted name, "" of the whole. kind: pydantic's type, as "extra_forbidden".

    message: what was expected, as "expected true or false". given: the value that was not accepted.
    """

    setting: str
    kind: str
    message: str
    given: Any


def first_error(error: ValidationError) -> FirstError:
    """The first error of a validation."""
    first = error.errors()[0]
    return FirstError(dotted(first["loc"]), first["type"], _in_our_words(first["msg"]), first["input"])


def unknown_settings(error: ValidationError) -> list[str]:
    """The dotted names of all settings that do not exist."""
    return [dotted(each["loc"]) for each in error.errors() if each["type"] == "extra_forbidden"]


def dotted(location: tuple[int | str, ...]) -> str:
    """Where an error is, as `--set` names it."""
    return ".".join(str(part) for part in location)


def _in_our_words(message: str) -> str:
    message = message.removeprefix("Value error, ").replace("Input should be", "expected", 1)
    message = message.replace("a valid boolean, unable to interpret input", "true or false")
    return message.replace("a valid tuple", "a list, such as [72, 80]")
