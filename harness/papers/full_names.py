"""Names of papers' tables and figures: "mbd/fusion", or its end where one paper alone has that."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from backbones.base.errors import UsageError, suggestion
from harness.papers.registry import PAPERS


def full_name(
    name: str,
    kind: str,
    known: Sequence[str],
    of_paper: Callable[[str], Collection[str]],
    shown: Sequence[str] | None = None,
) -> str:
    """One of `known`; a `UsageError` where it is none of them, or several.

    kind: "table" or "figure". of_paper: the names that a paper has. shown: those that the error lists, if
    not all.
    """
    if name in known:
        return name
    paper, _, own = name.partition("/")
    if paper in PAPERS.names() and own in of_paper(paper):
        return own
    ends = [each for each in known if each.rpartition("/")[2] == name]
    if len(ends) == 1:
        return ends[0]
    if ends:
        raise UsageError(f"several {kind}s are called '{name}': {', '.join(ends)}; name one of them")
    hint = suggestion(name, list(known)) or ";"
    raise UsageError(f"no {kind} '{name}'{hint} there are {', '.join(shown or known)}")
