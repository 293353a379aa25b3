"""What the commands on studies share: the plan's file, where its runs and records are. No torch."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backbones.base.errors import UserError
from harness.cli.path_type import PATH

if TYPE_CHECKING:
    from harness.campaign.study.plan import StudyPlan
    from results.studies.arms import Arm

Cell = tuple[str, int]


def plan_argument() -> Any:
    return click.argument("plan", type=PATH)


def out_option() -> Any:
    return click.option(
        "--out", type=PATH, help="Folder of the study's runs [default: studies/NAME in this folder]."
    )


def records_option() -> Any:
    return click.option(
        "--records", type=PATH, help="Folder of the records that are kept [default: OUT/records]."
    )


@dataclass(frozen=True)
class Study:
    """A plan with its arms and its folders. path, sha256: of the plan's file."""

    path: Path
    sha256: str
    plan: StudyPlan
    arms: tuple[Arm, ...]
    impossible: tuple[tuple[str, str], ...]
    out: Path
    records: Path

    def wanted(self, pair: int) -> list[Cell]:
        return [(arm.name, seed) for seed in self.plan.seeds_of(pair) for arm in self.arms]

    def missing(self, pair: int) -> list[Cell]:
        from harness.campaign.study.records import missing

        return missing(self.records, self.plan, self.sha256, self.arms, pair)


def opened(path: Path, out: Path | None, records: Path | None) -> Study:
    """A `UserError` where the plan or one of its own arms cannot be used."""
    from harness.campaign.study.plan import read_plan
    from harness.campaign.study.plan_rows import in_its_file
    from methods.catalogue import METHODS
    from results.studies.planned.compared import compared

    plan, sha256 = read_plan(path)
    try:
        found = compared(plan, METHODS.discover().names())
    except UserError as error:
        raise in_its_file(path, error) from None
    folder = out or Path("studies") / plan.name
    return Study(path, sha256, plan, found.arms, found.impossible, folder, records or folder / "records")


def study_command(name: str, plan: Path, out: Path | None, records: Path | None) -> str:
    """`harness study NAME PLAN` with the folders, papers and plug-ins that this command was given."""
    from harness.config.command import as_typed, given_sources

    words = ["harness", "study", name, str(plan)]
    given = {"--out": out, "--records": records}
    words += [word for option, place in given.items() if place for word in (option, str(place))]
    return shlex.join(words + given_sources(as_typed))
