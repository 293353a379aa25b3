"""What a paper's tables and studies would train: how many runs, and how long where runs like them are there.

No torch.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from backbones.base.errors import UserError
from harness.campaign.estimate import estimate
from harness.campaign.plan import Plan, plan
from harness.campaign.planned import Planned
from harness.campaign.shared_settings import Base
from harness.campaign.study.plan import read_plan
from harness.console.console import duration
from harness.papers.folder import STUDIES, Paper
from harness.record.reading import record_files, records_in
from methods.catalogue import METHODS
from results.studies.arms import arms
from results.studies.compared import compared
from results.studies.forecast import forecast
from results.tables.wanted import Request, asked
from results.tables.written.maker import tables_of

RUNS = Path("runs")  # where a table's runs are by default


def study_problems(paper: Paper) -> Iterator[str]:
    """Plans of studies that cannot be read, and arms of theirs that cannot be run."""
    for path in _studies(paper):
        try:
            made = read_plan(path)[0]
            found = compared(made, METHODS.names())
        except UserError as error:
            said = str(error)
            yield said if str(path) in said else f"{path}: {said}"
        else:
            yield from (f"{path}: table '{table}': {why}" for table, why in found.impossible)


def planned_notes(paper: Paper) -> Iterator[str]:
    """A line for all tables, as `harness table --run` plans them without further options, and one for each
    study."""
    if names := tuple(tables_of(paper.name)):
        wanted, bases = asked(Request(names, tuple(METHODS.names())), ())
        found = plan(wanted, Base("tiny"), ())
        presets = ", ".join(dict.fromkeys(base.preset for base in bases))
        yield f"tables: {len(found.runs)} runs under {presets}{_time(found)}"
        yield from (f"table '{table}' is not planned whole: {why}" for table, why in found.impossible)
    for path in _studies(paper):
        made = read_plan(path)[0]
        own = arms(made, METHODS.names()).arms
        before = "" if made.from_scratch else f" after {made.pairs} pre-trainings"
        yield f"{path.name}: {forecast(made, own, None).runs} runs of {len(own)} arms{before}"


def _time(found: Plan) -> str:
    """By finished runs, pre-trainings too; nothing where any of these has none that is like it."""
    read = (each for path in record_files(RUNS) for each in records_in(path))
    finished = [record for record in read if not isinstance(record, str)]
    seconds, how = estimate(found.runs, finished, _not_timed)
    return f", about {duration(seconds)}, {how}" if seconds is not None and found.runs else ""


def _not_timed(run: Planned) -> float:
    raise UserError("nothing is timed to check a paper")


def _studies(paper: Paper) -> list[Path]:
    return sorted(paper.folder.glob(STUDIES))
