"""Claims that no run of this harness can decide, and why. No torch."""

from __future__ import annotations

from harness.data.registry import DATASETS
from harness.papers.registry import PAPERS
from results.claims.claims import Claim


def never_run(claim: Claim) -> str:
    """Why no run can decide the claim, whatever is installed; "" where one can.

    An order of two runs is judged on whatever was run, so only numbers rest on a data set that is here.
    """
    paper = PAPERS.find(claim.paper)
    if claim.left.kind == "scope":
        scope = paper.sheet.scope if paper else {}
        more = f": {scope[claim.left.name]}" if claim.left.name in scope else ""
        return f"{claim.left.name} is not part of this harness{more}"
    ordered = claim.relation in "<>~" and claim.right and claim.right.is_run
    return "" if ordered else only_declared(claim)


def only_declared(claim: Claim) -> str:
    """Why no run can be on the claim's data set, where its paper declares that; else ""."""
    paper = PAPERS.find(claim.paper)
    datasets = paper.sheet.datasets if paper else {}
    if claim.dataset in datasets and DATASETS.find(claim.dataset) is None:
        return f"data set '{claim.dataset}' cannot be run on here: {datasets[claim.dataset]}"
    return ""
