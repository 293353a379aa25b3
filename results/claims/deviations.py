"""Where a paper's preset deviates from the paper's text, as data. No torch."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from harness.papers.folder import DEVIATIONS
from harness.papers.registry import PAPERS
from harness.papers.strict import Strict, read_yaml, refuse, validated


class Deviation(Strict):
    """A point at which the paper's preset differs from the paper's text, or goes beyond it.

    paper: whose. where: section. text: what the paper says. here: what the preset does. setting, value: the
    run's key and its value in the preset ("" where it is no setting). change: how to choose otherwise, or "".
    """

    name: str
    paper: str = ""
    where: str
    text: str
    here: str
    setting: str = ""
    value: Any = None
    why: str
    change: str = ""
    row: int = Field(default=0, exclude=True)


def deviations() -> tuple[Deviation, ...]:
    """Every entry of the papers' deviations.yaml."""
    return tuple(each for paper in PAPERS for each in of_paper(paper.name))


@PAPERS.remembered
def of_paper(name: str) -> tuple[Deviation, ...]:
    """A `UsageError` names the row of what is wrong."""
    paper = PAPERS.get(name)
    if not paper.has(DEVIATIONS):
        return ()
    tree = read_yaml(paper.path(DEVIATIONS))
    if not isinstance(tree.value, list):
        refuse(tree.path, 1, "expected a list of deviations, each '- name: …'")
    found = []
    for number, given in enumerate(tree.value):
        read = validated(Deviation, tree, given, (number,))
        found.append(read.model_copy(update={"paper": name, "row": tree.row((number,))}))
    return tuple(found)
