"""The means of several arms' outputs that a study's plan asks for, kept beside its records. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from harness.cli.study_options import Study
from harness.record.folder import RunFolder

if TYPE_CHECKING:
    from harness.record.schema import RunRecord


def keep_ensembles(study: Study, number: int, folders: Sequence[RunFolder]) -> None:
    """Of a pair whose runs were made: the folders have their outputs."""
    from harness.record.reading import read_run_record

    _keep(study, number, (read_run_record(folder.record_path) for folder in folders), folders)


def keep_missing(study: Study) -> None:
    """Of pairs that are whole, where the file was deleted since: the runs' outputs stay where they are."""
    from harness.campaign.study.records import pair_file
    from harness.record.reading import records_in
    from results.studies.ensembles import of_plan

    if not of_plan(study.plan, study.arms):
        return
    for number in range(study.plan.pairs):
        if not study.missing(number):
            found = records_in(pair_file(study.records, number))
            records = [record for record in found if not isinstance(record, str)]
            folders = [RunFolder(study.out / "runs" / record.id) for record in records]
            _keep(study, number, records, [folder for folder in folders if folder.finished])


def _keep(study: Study, number: int, records: Iterable[RunRecord], folders: Sequence[RunFolder]) -> None:
    from harness.campaign.study.records import pair_file
    from harness.record.reading import on_validation, tested
    from results.outputs.kept import file_beside, read, write
    from results.studies.ensembles import of_plan, to_keep
    from results.studies.measure import Matrix

    if not (wanted := of_plan(study.plan, study.arms)):
        return
    seen = tested if study.plan.part == "test" else on_validation
    matrix = Matrix.of(record for each in records if (record := seen(each)) is not None)
    path = file_beside(pair_file(study.records, number))
    found, problems = to_keep(matrix, wanted, {each.id: each.record_path for each in folders}, read(path))
    if found:
        write(path, found)
    for problem in problems:
        click.echo(f"no ensemble of {problem}")
