"""Studies as they lie on the disk: a plan beside its runs, as `harness study run` leaves a copy. No torch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from backbones.base.errors import UsageError, UserError
from harness.campaign.study.plan import StudyPlan, read_plan
from harness.campaign.study.tasks import PRETRAINING
from harness.record.index.reading import all_records
from harness.record.plugins import one_version
from harness.record.reading import on_validation, tested
from harness.record.schema import Record, RunRecord
from results.records import each_once
from results.studies.analysis import Analysis, analyse
from results.studies.measure import Matrix

PILOT = "-pilot"  # the pilot of study "mbd" is study "mbd-pilot"
Plan = tuple[StudyPlan, str]  # with the SHA-256 of its file


class Studies(NamedTuple):
    """found: what they measured. problems: a line for each that cannot be looked at here, as without the
    plug-in of its methods."""

    found: list[Analysis]
    problems: list[str]


def plans_in(folders: Iterable[Path]) -> list[Plan]:
    """Of every `*.yaml` that lies directly in a folder of runs and is a plan; each once."""
    found: dict[str, Plan] = {}
    for path in (path for folder in folders for path in sorted(folder.glob("*.yaml"))):
        try:
            plan = read_plan(path)
        except UsageError:
            continue  # whatever else somebody keeps there
        found.setdefault(plan[1], plan)
    return list(found.values())


def _read(folders: Iterable[Path]) -> tuple[dict[str, tuple[RunRecord, Path]], list[str]]:
    """(each run's record with its file, by the run's id; a line for each that cannot be used, or differs from
    another of its run, and for other versions of a plug-in). Two of one run that were made alike and disagree
    are a `UserError`."""
    found = all_records(dict.fromkeys(folders))
    kept, others = one_version([(path, each) for path, each in found if not isinstance(each, str)])
    records, differing = each_once(kept)
    return records, [each for _, each in found if isinstance(each, str)] + others + differing


def usable(plan: StudyPlan, folders: Iterable[Path]) -> list[Record]:
    """Every record in the folders that has metrics of the plan's part of the videos."""
    seen = tested if plan.part == "test" else on_validation
    return [record for each, _ in _read(folders)[0].values() if (record := seen(each)) is not None]


def places(folders: Iterable[Path]) -> dict[str, Path]:
    """The file of each record in the folders, by its run's id."""
    return {name: path for name, (_, path) in _read(folders)[0].items()}


def unusable(folders: Iterable[Path]) -> list[str]:
    """A line for each record in the folders that cannot be used, or differs from another of its run, and for
    each version of a plug-in whose runs are left out."""
    return _read(folders)[1]


def pilot_runs(plan: Plan, records: Iterable[Record]) -> Matrix:
    own = (plan[0].name, plan[1])
    return Matrix.of(r for r in records if r.study and (r.study.name, r.study.plan_sha256) == own)


def studies(
    folders: Sequence[Path],
    records: Sequence[Record],
    methods: Collection[str],
    more: Sequence[Plan] = (),
    paths: Mapping[str, Path] | None = None,
) -> Studies:
    """Every study on test videos whose plan lies in these folders, or is in `more`, with its pilot's power.

    records: those of test videos in these folders. methods: names of those that can be run. paths: of each
    record, by its run's id. A `UserError` where one of `more` cannot be looked at.
    """
    plans = {plan[1]: plan for plan in (*more, *plans_in(folders))}
    by_name = {plan[0].name: plan for plan in plans.values()}
    asked, found = {plan[1] for plan in more}, Studies([], [])
    for plan, sha256 in plans.values():
        if plan.part == "test" and not plan.name.endswith(PILOT):
            other = by_name.get(plan.name + PILOT)
            pilot = pilot_runs(other, usable(other[0], folders)) if other else None
            try:
                found.found.append(analyse(plan, sha256, records, methods, pilot, paths))
            except UserError as error:
                if sha256 in asked:
                    raise
                found.problems.append(f"study {plan.name} (plan {sha256[:12]}): {error}")
    return found


def study_records(plan: StudyPlan, sha256: str, folder: Path) -> tuple[list[RunRecord], Matrix]:
    """All records of the study in its folder, pre-trainings too, and those that were tested as a matrix."""
    read = _read([folder])[0].values()
    own = [r for r, _ in read if r.study and (r.study.name, r.study.plan_sha256) == (plan.name, sha256)]
    seen = tested if plan.part == "test" else on_validation
    return own, Matrix.of(record for each in own if (record := seen(each)) is not None)


def pretraining_seconds(plan: StudyPlan, sha256: str, folder: Path) -> tuple[float, ...]:
    """Of training and testing, by the clock, for each of the study's pre-trainings whose record is there."""
    made = study_records(plan, sha256, folder)[0]
    before = [r.timings for r in made if r.study and r.study.arm == PRETRAINING]
    return tuple(each.train_s + each.test_s for each in before)
