"""What pydantic expected of a value, in the words of our errors."""

from __future__ import annotations

import re

_KIND = re.compile(r"a valid (integer|number|string|boolean|tuple|list)\b(, (unable to|got a) .*)?")
_KINDS = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "tuple": "a list, such as [72, 80]",
    "list": "a list",
}
_TOO_LARGE = re.compile(r"Unable to parse input string as an integer, .*")
_DICTIONARY = re.compile(r"a valid dictionary( or instance of \w+)?")


def expected(message: str) -> str:
    """ "expected a number" of "Input should be a valid number, unable to parse string as a number"."""
    message = message.removeprefix("Value error, ").replace("Input should be", "expected", 1)
    message = _TOO_LARGE.sub("expected a whole number of fewer digits", message)
    message = message.replace("Extra inputs are not permitted", "there is no such field")
    message = _DICTIONARY.sub("settings by name, such as {NAME: VALUE}", message)
    return _KIND.sub(lambda found: _KINDS[found[1]], message)
