"""What a paper's tables and studies would train: how many runs, and how long where runs like them are there.

No torch.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from backbones.base.errors import UserError
from backbones.base.plain_text import counted
from harness.campaign.estimate import estimate
from harness.campaign.plan import Plan, plan
from harness.campaign.planned import Planned
from harness.campaign.shared_settings import Base
from harness.campaign.study.plan import read_plan
from harness.campaign.study.plan_rows import in_its_file
from harness.config.base.config_file import read_config
from harness.console.console import duration
from harness.papers.folder import STUDIES, Paper
from harness.papers.strict import Tree, read_yaml, refuse
from harness.record.reading import record_files, records_in
from methods.catalogue import METHODS
from results.studies.arms import arms
from results.studies.planned.compared import compared
from results.studies.planned.forecast import forecast
from results.studies.planned.startable import startable
from results.tables.wanted import Request, asked
from results.tables.written.maker import tables_of

RUNS = Path("runs")  # where a table's runs are by default


def study_problems(paper: Paper) -> Iterator[str]:
    """Plans of studies that cannot be read, and arms of theirs that cannot be run."""
    for path in _studies(paper):
        try:
            tree = read_yaml(path)
            _check_files(paper, tree)
            made = read_plan(path)[0]
            found = compared(made, METHODS.names())
        except UserError as error:
            said = str(error)
            yield (said if str(path) in said else str(in_its_file(path, error))).removeprefix("plan ")
        else:
            yield from (f"{path}: table '{table}': {why}" for table, why in found.impossible)


def _check_files(paper: Paper, tree: Tree) -> None:
    """Raises UsageError for the plan's configuration file, or one that this extends, in another folder."""
    path = tree.path
    name = tree.value.get("config") if isinstance(tree.value, dict) else None
    if not isinstance(name, str):
        return
    row, said = tree.row(("config",)), f"config: '{name}' leads out of the folder; name a file in it"
    if not _is_inside(paper, path.parent / name):
        refuse(path, row, said)
    if not (path.parent / name).is_file():
        refuse(path, row, f"config: there is no file '{name}' in {paper.folder}")
    files = {Path(place.rpartition(":")[0]) for place in read_config(path.parent / name).rows.values()}
    if others := sorted(str(file) for file in files if not _is_inside(paper, file)):
        refuse(path, row, f"config: '{name}' extends {others[0]}, which is not in the folder")


def _is_inside(paper: Paper, file: Path) -> bool:
    """By its name, and by where it is: an installer may have linked the files of the harness."""
    if file.parent != paper.folder:
        return False
    return paper.built_in or file.resolve().parent == paper.folder.resolve()


def planned_notes(paper: Paper) -> Iterator[str]:
    """A line for all tables, as `harness table --run` plans them without further options, and one for each
    study."""
    if names := tuple(tables_of(paper.name)):
        wanted, bases = asked(Request(names, tuple(METHODS.names())), ())
        found = plan(wanted, Base("tiny"), ())
        presets = ", ".join(dict.fromkeys(base.preset for base in bases))
        yield f"tables: {counted(len(found.runs), 'run')} under {presets}{_time(found)}"
        yield from (f"table '{table}' is not planned whole: {why}" for table, why in found.impossible)
    for path in _studies(paper):
        made = read_plan(path)[0]
        own = startable(made, arms(made, METHODS.names())).arms
        before = "" if made.from_scratch else f" after {counted(made.pairs, 'pre-training')}"
        runs = counted(forecast(made, own, None).runs, "run")
        yield f"{path.name}: {runs} of {counted(len(own), 'arm')}{before}"


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
