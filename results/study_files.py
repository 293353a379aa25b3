"""Where the plans of studies are: beside their runs, as `harness study run` leaves a copy. No torch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from backbones.base.errors import UsageError
from harness.campaign.study.plan import StudyPlan, read_plan
from harness.record.schema import Record
from results.studies.analysis import Analysis, analyse
from results.studies.measure import Matrix

PILOT = "-pilot"  # the pilot of study "mbd" is study "mbd-pilot"


def plans_in(folders: Iterable[Path]) -> list[tuple[StudyPlan, str]]:
    """(plan, SHA-256) of every `*.yaml` that lies directly in a folder of runs and is a plan."""
    found = []
    for path in (path for folder in folders for path in sorted(folder.glob("*.yaml"))):
        try:
            found.append(read_plan(path))
        except UsageError:
            continue  # whatever else somebody keeps there
    return found


def pilot_of(
    plan: StudyPlan, plans: Iterable[tuple[StudyPlan, str]], records: Sequence[Record]
) -> Matrix | None:
    """The runs of the pilot that the plan's power is told from, where they are there."""
    for other, sha256 in plans:
        if other.name == plan.name + PILOT:
            return pilot_runs(other, sha256, records)
    return None


def pilot_runs(plan: StudyPlan, sha256: str, records: Sequence[Record]) -> Matrix:
    own = [r for r in records if r.study and (r.study.name, r.study.plan_sha256) == (plan.name, sha256)]
    return Matrix.of(own)


def studies(
    plans: Sequence[tuple[StudyPlan, str]], records: Sequence[Record], methods: Collection[str]
) -> list[Analysis]:
    """Every study whose plan is there, with what its records say; pilots too."""
    return [analyse(plan, sha256, records, methods, pilot_of(plan, plans, records)) for plan, sha256 in plans]
