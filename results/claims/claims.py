"""The papers' claims as data: every number and every order that a paper states. No torch."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from harness.papers import folder
from harness.papers.folder import Paper
from harness.papers.registry import PAPERS
from harness.papers.strict import explained, plainest, read_csv, refuse
from results.claims.numbers import COSTS, check_unit, range_of, shown
from results.claims.side import PAPER_PRESET, Side

COST_METRICS = COSTS
COLUMNS = ("id", "where", "setting", "metric", "relation", "provenance")
OPTIONAL = ("dataset", "value", "than", "derivation", "source", "note")
ID = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9]+([._-][A-Za-z0-9]+)*")  # no number: derivations name ids
LONGEST_ID = 40


class Claim(BaseModel):
    """A row of a paper's `claims.csv`, or of its `cited.csv`.

    id: the paper's own is "C04a"; of a user's paper "mars/M01". setting: what is claimed about
    (`results.claims.side.Side`). metric: "<output>.<top1|top5>" in percent, where the output is a stream, a
    fusion rule or "own" (the method's own rule); a metric of dominance; a cost. "dominance.local[Rafting]" is
    of the videos of one class.
    relation: "=", "<", ">", "~" (about equal) or "within". value: a number, or "low..high". than: the other
    side, "setting @ metric"; with "=" and "within" the claim is about the difference. derivation: arithmetic
    on other claims' ids that gives the value, or both ends of a range with ".." between them. provenance:
    reported by the paper, derived by arithmetic, or quoted: seen in a third place. source: where it can be
    looked up. of_others: a number of another method, as that one's own source states it. row: in its file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    paper: str
    where: str
    dataset: str = ""
    setting: str
    metric: str
    relation: Literal["=", "<", ">", "~", "within"]
    value: str = ""
    than: str = ""
    derivation: str = ""
    provenance: Literal["reported", "derived", "quoted"]
    source: str = ""
    note: str = ""
    of_others: bool = Field(default=False, exclude=True)
    row: int = Field(default=0, exclude=True)

    @model_validator(mode="after")
    def _whole(self) -> Claim:
        if not (self.id and self.where and self.setting and self.metric):
            raise ValueError("id, where, setting and metric are needed")
        if not (self.value or self.than):
            raise ValueError("a value or another side is needed")
        if (self.relation == "within") != (".." in self.value):
            raise ValueError(f"relation '{self.relation}' does not fit the value '{self.value}'")
        _ = self.left, self.right
        if self.value:
            check_unit(self.metric, self.value, difference=bool(self.than))
        return self

    @property
    def range(self) -> tuple[float, float] | None:
        """(low, high); equal for a single number; None where the claim has no number."""
        if not self.value:
            return None
        return range_of(self.value)

    @property
    def number(self) -> float | None:
        """The number, where it is a single one."""
        return self.range[0] if self.range and self.range[0] == self.range[1] else None

    @property
    def left(self) -> Side:
        return Side.parse(f"{self.setting} @ {self.metric}", protocol_of(self.paper))

    @property
    def right(self) -> Side | None:
        return Side.parse(self.than, self.left.preset) if self.than else None

    @property
    def is_cost(self) -> bool:
        return self.metric in COST_METRICS

    @property
    def family(self) -> tuple[str, str, str]:
        """The claims that are corrected together: those of one table or figure on one data set."""
        return self.paper, self.where, self.dataset

    def statement(self) -> str:
        """As a line to read: `mbd adaptive.top1 > mbd average.top1`."""
        left, right = str(self.left), str(self.right) if self.right else ""
        sign = {"~": "≈", "within": "in"}.get(self.relation, self.relation)
        value = self.value.replace("..", " to ")
        if self.relation in ("=", "within") and right:
            return f"{left} − {right} {sign} {value}"
        return f"{left} {sign} {right or value}"


def protocol_of(paper: str) -> str:
    """The preset of the paper's own protocol."""
    found = PAPERS.find(paper)
    return found.presets.get("paper", PAPER_PRESET) if found else PAPER_PRESET


def claims(paper: str | None = None) -> list[Claim]:
    """All claims, or one paper's. A `UsageError` where there is no such paper."""
    chosen = [PAPERS.get(paper)] if paper is not None else PAPERS
    return [claim for each in chosen for claim in of_paper(each.name)]


@PAPERS.remembered
def of_paper(name: str) -> tuple[Claim, ...]:
    """Of both files of the paper; a `UsageError` names the file and the row of what is wrong."""
    paper, found = PAPERS.get(name), []
    seen: dict[str, int] = {}
    for file in (folder.CLAIMS, folder.CITED):
        if paper.has(file):
            for row, cells in read_csv(paper.path(file), COLUMNS, OPTIONAL):
                if cells["id"] in seen:
                    refuse(paper.path(file), row, f"id '{cells['id']}' is there twice")
                seen[cells["id"]] = row
                found.append(claim_of(paper, file, row, cells))
    return tuple(found)


def claim_of(paper: Paper, file: str, row: int, cells: dict[str, str]) -> Claim:
    """A row of one of the paper's files as a claim."""
    name = cells["id"]
    if len(name) > LONGEST_ID:
        refuse(paper.path(file), row, f"id {shown(name)}: at most {LONGEST_ID} letters")
    if name and not ID.fullmatch(name):
        refuse(paper.path(file), row, f"id {shown(name)}: expected letters and digits, as C04a or top-1.b")
    own: dict[str, Any] = {"id": paper.full(cells["id"]) if cells["id"] else "", "paper": paper.name}
    own |= {
        "source": cells.get("source") or paper.sheet.source,
        "row": row,
        "of_others": file == folder.CITED,
    }
    try:
        return Claim.model_validate({**cells, **own})
    except ValidationError as error:
        refuse(paper.path(file), row, explained(plainest(error), Claim))


def place(claim: Claim) -> Path:
    """The file that the claim stands in, at `claim.row`."""
    return PAPERS.get(claim.paper).path(folder.CITED if claim.of_others else folder.CLAIMS)


@PAPERS.remembered
def by_id() -> dict[str, Claim]:
    """Every claim by its id, and those of built-in papers by "mbd/C04a" too."""
    found = {claim.id: claim for claim in claims()}
    return found | {f"{claim.paper}/{claim.id}": claim for claim in found.values() if "/" not in claim.id}


def meant(name: str, paper: str) -> Claim | None:
    """The claim that a file of the paper calls so: its own one first."""
    known = by_id()
    return known.get(f"{paper}/{name}") or known.get(name)


@PAPERS.remembered
def cited() -> dict[tuple[str, str, str], float]:
    """What a method's own source says of it, by (name, data set, metric): the numbers of cited.csv."""
    numbers: dict[tuple[str, str, str], float] = {}
    for claim in claims():
        if claim.of_others and claim.left.kind == "cited" and claim.number is not None:
            numbers.setdefault((claim.left.name, claim.dataset, claim.metric), claim.number)
    return numbers
