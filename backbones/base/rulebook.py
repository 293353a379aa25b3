"""Contracts as rules that are checked one by one, by `harness check-plugin` and by the tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

S = TypeVar("S")


@dataclass(frozen=True)
class Finding:
    """One rule of a contract, checked on one subject. detail: what was found where it does not hold."""

    rule: str
    holds: bool
    detail: str = ""


class Rulebook(Generic[S]):
    """The rules of one contract. fresh(subject): a copy, so that no rule sees what another one changed."""

    def __init__(self, fresh: Callable[[S], S] = lambda subject: subject) -> None:
        self.fresh = fresh
        self.rules: dict[str, Callable[[S], str]] = {}

    def rule(self, check: Callable[[S], str]) -> Callable[[S], str]:
        """Registers a rule. It returns "" where it holds, else what was found; its docstring is the rule."""
        self.rules[check.__name__] = check
        return check

    def examine_all(self, subject: S) -> list[Finding]:
        return [self.examine(name, subject) for name in self.rules]

    def examine(self, name: str, subject: S) -> Finding:
        """One rule, on a copy of the subject. One that raises does not hold; its error is the detail."""
        try:
            detail = self.rules[name](self.fresh(subject))
        except Exception as error:  # users' code may raise anything; the finding reports it
            detail = named_error(error)
        return Finding(name, not detail, detail)


def named_error(error: Exception) -> str:
    """Its type and the first line of its message."""
    return f"{type(error).__name__}: {(str(error).strip() or 'no message').splitlines()[0]}"
