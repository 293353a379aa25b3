"""What papers and model zoos report of the networks, to be shown next to what is counted here."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources


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


@cache
def table() -> tuple[Reported, ...]:
    """Every row of results/paper/networks.csv."""
    text = resources.files("results").joinpath("paper/networks.csv").read_text(encoding="utf-8")
    return tuple(_row(row) for row in csv.DictReader(text.splitlines()))


def _row(row: dict[str, str]) -> Reported:
    return Reported(
        backbone=row["backbone"],
        frames=int(row["frames"]),
        size=int(row["size"]),
        parameters_m=float(row["parameters_m"]) if row["parameters_m"] else None,
        gmacs=float(row["gmacs"]) if row["gmacs"] else None,
        provenance=row["provenance"],
        source=row["source"],
        note=row["note"],
    )
