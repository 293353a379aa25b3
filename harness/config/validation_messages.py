"""What pydantic complains of, in the words of all our errors."""

from __future__ import annotations


def expected(said: str) -> str:
    """A complaint of pydantic's in the words of all our errors: what was expected."""
    said = said.removeprefix("Value error, ").replace("Input should be", "expected", 1)
    said = said.replace("a valid boolean, unable to interpret input", "true or false")
    return said.replace("a valid tuple", "a list, such as [72, 80]")
