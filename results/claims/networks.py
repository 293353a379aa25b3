"""What papers and model zoos report of the networks, to be shown next to what is counted here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.papers.folder import NETWORKS, Paper
from harness.papers.registry import PAPERS
from harness.papers.strict import read_csv, refuse
from results.claims.numbers import check_unit, decimal, whole

COLUMNS = ("backbone", "frames", "size", "parameters_m", "gmacs", "provenance", "source")


@dataclass(frozen=True)
class Reported:
    """A network's cost for one view, as a source states it or as arithmetic on its layers gives it.

    frames, size: of the clip, T and H = W in pixels. parameters_m: millions. gmacs: 10⁹ multiply-adds; many
    papers call them FLOPs. Either is None where the source is silent. provenance: "reported" or "derived".
    """

    backbone: str
    frames: int
    size: int
    parameters_m: float | None
    gmacs: float | None
    provenance: str
    source: str
    note: str


def reported(backbone_name: str) -> list[Reported]:
    """All rows on the backbone of that name; none where no source gives a number."""
    return [row for row in table() if row.backbone == backbone_name]


@PAPERS.remembered
def table() -> tuple[Reported, ...]:
    """Every row of the papers' networks.csv."""
    return tuple(row for paper in PAPERS for row in of_paper(paper))


def of_paper(paper: Paper) -> list[Reported]:
    """The networks whose cost the paper reports; none without such a file."""
    return list(numbered(paper).values())


def numbered(paper: Paper) -> dict[int, Reported]:
    """The same by their rows in the file."""
    path = paper.path(NETWORKS)
    lines = read_csv(path, COLUMNS, ["note"]) if paper.has(NETWORKS) else []
    return {number: _row(path, number, cells) for number, cells in lines}


def _row(path: Path, number: int, row: dict[str, str]) -> Reported:
    try:
        found = _numbers(row)
    except ValueError as error:
        refuse(path, number, str(error))
    if found.provenance not in ("reported", "derived", "quoted"):
        refuse(path, number, f"provenance: got '{found.provenance}'; expected reported, derived or quoted")
    return found


def _numbers(row: dict[str, str]) -> Reported:
    return Reported(
        backbone=row["backbone"],
        frames=whole(row["frames"]),
        size=whole(row["size"]),
        parameters_m=_cost(row, "parameters_m"),
        gmacs=_cost(row, "gmacs"),
        provenance=row["provenance"],
        source=row["source"],
        note=row.get("note", ""),
    )


def _cost(row: dict[str, str], column: str) -> float | None:
    """None where the cell is empty."""
    if not row[column]:
        return None
    check_unit(column, row[column])
    return decimal(row[column])
