"""`harness list`: everything that has a name. No torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import click

from harness.cli.list_rows import ROWS, Row, rows_of
from harness.cli.options import json_option

EPILOG = """\b
Examples:
  harness list methods
  harness list backbones 'x3d_*' --json
  harness list ambiguities
  harness list deviations mars
"""


@dataclass(frozen=True)
class ListOptions:
    """What `harness list` was given. pattern: of names; None keeps all."""

    kind: str
    pattern: str | None
    as_json: bool


@click.command("list", epilog=EPILOG)
@click.argument("kind", metavar="|".join(ROWS))
@click.argument("pattern", required=False)
@json_option()
def list_(**given: Any) -> None:
    """List methods, backbones, fusions, datasets, presets, papers, ambiguities (what the papers leave open)
    or deviations (where the preset 'paper' differs from the paper's text).

    PATTERN keeps the names that match it; * stands for any characters (quote it). Of ambiguities and
    deviations it may also be a paper's name.
    """
    options = ListOptions(**given)
    _check(options.kind)
    rows = _matching(rows_of(options.kind), options.pattern, options.kind)
    if options.as_json:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        from harness.cli.list_show import show

        show(options.kind, rows)


def _check(kind: str) -> None:
    from backbones.base.errors import suggestion

    if kind not in ROWS:
        raise click.UsageError(
            f"cannot list '{kind}'{suggestion(kind, list(ROWS)) or ';'} expected {', '.join(ROWS)}"
        )


def _matching(rows: list[Row], pattern: str | None, kind: str) -> list[Row]:
    """Rows whose name, or other name, matches. Raises UsageError where there are none."""
    if pattern is None:
        return rows
    kept = [row for row in rows if any(fnmatchcase(name, pattern) for name in _names(row))]
    if not kept:
        from backbones.base.errors import suggestion

        known = [name for row in rows for name in _names(row)]
        raise click.UsageError(
            f"no {kind} match '{pattern}'{suggestion(pattern, known) or ';'} 'harness list {kind}' shows all"
        )
    return kept


def _names(row: Row) -> list[str]:
    """What a row is found by: its name, its other name, and the paper that it is of."""
    others = [*row.get("other name", "").split(), row.get("paper", "")]
    return [str(row.get("name", next(iter(row.values())))), *filter(None, others)]
