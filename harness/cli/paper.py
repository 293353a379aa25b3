"""`harness paper`: a folder of a paper's claims, tables, figures and presets. No torch."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from backbones.base.plain_text import counted
from harness.cli.options import json_option
from harness.cli.path_type import PATH

EPILOG = """\b
Examples:
  harness paper show mbd
  harness paper new other_paper
  harness paper check my_paper
"""
NEW = """\b
Examples:
  harness paper new other_paper
"""
CHECK = """\b
Examples:
  harness paper check my_paper
  harness paper check mbd
  harness paper check my_paper --json
"""
SHOW = """\b
Examples:
  harness paper show mbd
  harness paper show my_paper
"""


@click.group(epilog=EPILOG)
def paper() -> None:
    """Begin, check or show the folder of a paper: claims, tables, figures, presets, open questions.

    --paper DIR makes every other command know the paper, too.
    """


@paper.command("new", epilog=NEW)
@click.argument("folder", type=PATH)
def new(folder: Path) -> None:
    """Write a commented skeleton into FOLDER, which passes 'harness paper check'."""
    from results.paper_check.skeleton import write

    name = write(folder)
    click.echo(f"written: {folder} (paper '{name}')")
    command = shlex.join(("harness", "paper", "check", str(folder)))
    click.echo(f"next: put the paper's numbers into {folder / 'claims.csv'}, then: {command}")


@paper.command("check", epilog=CHECK)
@click.argument("paper", metavar="FOLDER|NAME")
@json_option()
def check(paper: str, as_json: bool) -> None:
    """Check a paper's folder, or a paper by its name: each problem is one line with its file and row. Nothing
    is trained.

    Claims and their arithmetic, settings under the paper's preset, rows and the claims that they report,
    figures, open questions, deviations and presets. What can never be judged is counted.
    """
    from results.paper_check.check import checked

    found = checked(paper)
    if as_json:
        import json

        click.echo(
            json.dumps({"problems": found.problems, "notes": found.notes}, indent=1, ensure_ascii=False)
        )
    else:
        for line in found.problems:
            click.echo(line)
        for line in found.notes:
            click.echo(f"note: {line}")
        count = len(found.problems)
        click.echo(counted(count, "problem") if count else f"{paper}: no problem")
    if found.problems:
        raise click.exceptions.Exit(1)


@paper.command("show", epilog=SHOW)
@click.argument("name")
@json_option()
def show(name: str, as_json: bool) -> None:
    """Show the paper NAME: how it is cited, and what its folder has. A folder is taken, too."""
    from harness.papers.registry import PAPERS

    rows = _rows(PAPERS.named(name).name)
    if as_json:
        import json

        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    for key, value in rows.items():
        for line in value if isinstance(value, list) else [value]:
            click.echo(f"{key}: {line}")


def _rows(name: str) -> dict[str, Any]:
    from harness.papers.registry import PAPERS
    from results.claims import ambiguities, claims, deviations
    from results.figures.kinds.written import figures_of
    from results.tables.written.maker import tables_of

    chosen, found = PAPERS.get(name), [each for each in claims.of_paper(name) if not each.of_others]
    kinds = {
        kind: sum(each.provenance == kind for each in found) for kind in ("reported", "derived", "quoted")
    }
    rows: dict[str, Any] = {
        "name": name,
        "title": chosen.sheet.title,
        "cite": chosen.sheet.cite,
        "source": chosen.sheet.source,
        "folder": str(chosen.folder),
        "claims": ", ".join(f"{count} {kind}" for kind, count in kinds.items() if count) or "none",
        "numbers of other methods": len(claims.of_paper(name)) - len(found),
        "table": [f"{key}: {made.title}" for key, made in tables_of(name).items()],
        "figure": [f"{key}: {made.title}" for key, made in figures_of(name).items()],
        "preset": [f"{role}: --preset {preset}" for role, preset in chosen.presets.items()],
        "open questions": len(ambiguities.of_paper(name)),
        "deviations": len(deviations.of_paper(name)),
    }
    return {key: value for key, value in rows.items() if value not in ("", [], 0)}
