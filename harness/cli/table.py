"""`harness table`: a paper's table, reported beside measured. No torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

EPILOG = """\b
Examples:
  harness table fusion
  harness table components --seeds 5 --format latex --out components.tex
  harness table cost --format md
"""


@click.command(epilog=EPILOG)
@click.argument("name", metavar="NAME")
@click.option("--dataset", help="Measured on this data set [default: what fills most rows].")
@click.option("--seeds", type=click.IntRange(min=1), help="Seeds 0 … N-1 only.")
@click.option("--runs", type=click.Path(path_type=Path), multiple=True, default=(Path("runs"),),
              show_default="runs", help="Folder of runs; may be given several times.")  # fmt: skip
@click.option("--protocol", help="Records of this protocol (a table's footer names them).")
@click.option(
    "--format", "shape", default="rich", show_default=True, help="rich, md, latex, csv, html, json."
)
@click.option("--provenance", is_flag=True, help="Beside each cell the runs it came from.")
@click.option("--out", type=click.Path(path_type=Path), help="Write to this file.")
def table(name: str, **options: Any) -> None:
    """Print a table: fusion, components, methods, cost, networks, alignment, clip-length, teachers,
    loss-weights, ucf101-hmdb51, kinetics400, ssv2 or ambiguities.

    A cell is measured over seeds or, with one seed, over videos; an empty one says what fills it. Runs that
    differ in protocol are never mixed.
    """
    from results.tables.render import FORMATS

    shape = options["shape"]
    if shape not in FORMATS:
        from backbones.registry import suggestion

        known = list(FORMATS)
        raise click.UsageError(
            f"no format '{shape}'{suggestion(shape, known) or ';'} there are {', '.join(known)}"
        )
    text = FORMATS[shape](_build(name, options), options["provenance"])
    if options["out"]:
        from harness.files import write_text

        write_text(options["out"], text)
        click.echo(f"written: {options['out']}")
    else:
        click.echo(text, nl=not text.endswith("\n"))


def _build(name: str, options: dict[str, Any]) -> Any:
    from methods.registry import METHODS
    from results.records import load_records
    from results.tables.build import build
    from results.tables.catalogue import JOINED, check, spec
    from results.tables.cost import cost_table
    from results.tables.model import joined

    check(name)
    if name == "cost":
        return cost_table()
    loaded = load_records(options["runs"])
    choice = options["dataset"], options["seeds"], options["protocol"]
    if name in JOINED:
        left, right = (build(spec(part, []), loaded, *choice) for part in JOINED[name].values())
        heads = list(JOINED[name])
        title = f"Methods compared on {' and '.join(heads)} (MBD, Table 4)"
        return joined(name, title, (heads[0], heads[1]), left, right)
    return build(spec(name, METHODS.names()), loaded, *choice)
