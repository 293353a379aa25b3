"""Derivations that rest on derivations: circles, and chains that nobody could check by hand. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.papers.registry import PAPERS
from results.claims.arithmetic import used
from results.claims.claims import Claim, claims

LONGEST = 20  # derivations one on another; those of the papers here are three at most
NAMED = 8  # ids of a circle that are shown


class _Walk:
    """Depth first over what derivations name, each claim once: time grows with the names, not their square.

    problems: {id: what is wrong}, of a circle with the first claim that it was met at. circles: {id of a
    claim in one: how it goes}.
    """

    def __init__(self) -> None:
        self.depth: dict[str, int] = {}
        self.problems: dict[str, str] = {}
        self.circles: dict[str, str] = {}

    def walk(self, start: Claim) -> None:
        """Without recursion: a chain is as long as the file is."""
        path: dict[str, Iterator[Claim]] = {}
        waiting = [start]
        while waiting:
            here = waiting[-1]
            if here.id not in path:
                path[here.id] = iter(used(here) if here.derivation else ())
                self.depth[here.id] = 0
            step = next(path[here.id], None)
            if step is None:
                del path[waiting.pop().id]
                self._finish(here, waiting)
            elif step.id in path:
                self._close(list(path), step.id)
            elif step.id in self.depth:
                self._deepen(here, step)
            else:
                waiting.append(step)

    def _finish(self, here: Claim, waiting: list[Claim]) -> None:
        if here.derivation:
            self.depth[here.id] += 1
        if self.depth[here.id] == LONGEST + 1 and here.id not in self.circles:
            said = f"its derivation rests on a chain of more than {LONGEST}; derive it from reported numbers"
            self.problems.setdefault(here.id, said)
        if waiting:
            self._deepen(waiting[-1], here)

    def _deepen(self, here: Claim, under: Claim) -> None:
        self.depth[here.id] = max(self.depth[here.id], self.depth[under.id])

    def _close(self, path: list[str], first: str) -> None:
        """A line with the first claim of the circle; none where another circle has that claim already."""
        if first in self.circles:
            return
        circle = path[path.index(first) :]
        names = circle if len(circle) <= NAMED else [*circle[: NAMED - 1], "…", circle[-1]]
        said = f"its derivation goes in a circle: {' -> '.join([*names, first])}"
        self.problems[first] = said
        self.circles |= dict.fromkeys(circle, said)


@PAPERS.remembered
def circles() -> dict[str, str]:
    """{id: how its derivation goes in a circle}, of every claim in one."""
    return chain_problems(claims())[1]


def chain_problems(of: Iterable[Claim]) -> tuple[dict[str, str], dict[str, str]]:
    """({id of a claim: what is wrong with its derivation}, {id of a claim in a circle: how that goes})."""
    found = _Walk()
    for claim in of:
        if claim.id not in found.depth:
            found.walk(claim)
    return found.problems, found.circles
