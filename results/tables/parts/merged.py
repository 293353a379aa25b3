"""Many empty cells, each with a command of its own, share the one command that fills them all."""

from __future__ import annotations

from dataclasses import replace
from glob import escape

from harness.record.schema import Record
from results.cell_commands import table_command
from results.reproduce import is_from_scratch
from results.tables.model import Table, split_command
from results.tables.spec import Spec

MOST = 4  # commands under one table, each of which makes the runs of other rows


def merge_commands(
    table: Table, spec: Spec, dataset: str, like: Record | None, partial: bool = False
) -> None:
    """Gives the cells one footnote in place of more than MOST. dataset, like: as of `run_command`.
    partial: the table has more rows than were asked for."""
    cells = [cell for row in table.rows for cell in row if _makes_runs(cell.footnote)]
    if len({cell.footnote for cell in cells}) <= MOST or (like and is_from_scratch(like)):
        return  # 'harness table --run' pre-trains
    shown = {found[0].text: found for found in table.rows}  # rows may be left out
    rows = [(row, shown[row.label]) for row in spec.rows if row.label in shown]
    empty = [row for row, found in rows if any(cell in cells for cell in found)]
    sides = [side for row in empty for metric in spec.metrics if (side := row.side(metric))]
    # Of rows that another table's command fills, this one would make other runs.
    others = any(split_command(cell.footnote)[1] for _, found in rows for cell in found if cell not in cells)
    labels = [escape(row.label) for row in empty] if others or partial else []
    command = table_command(spec.name, sides, dataset, spec.seeds, like, labels)
    some = "" if labels else ", and with --rows LABEL some"
    note = f"{len(empty)} rows have no run; this makes all of them{some}: {command}"
    table.rows = [
        [replace(cell, footnote=note) if _makes_runs(cell.footnote) else cell for cell in row]
        for row in table.rows
    ]


def _makes_runs(footnote: str) -> bool:
    """Whether it is a command alone, of runs that are not there."""
    words, command = split_command(footnote)
    return bool(command) and not words and not command.startswith("harness table ")
