"""`harness runs fetch`: weights and outputs of runs that were made on other machines. No torch."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.options import run_folder_option

EPILOG = """\b
Examples:
  harness runs fetch RUN
  harness runs fetch RUN --store s3://BUCKET/FOLDER
"""


@click.command(epilog=EPILOG)
@click.argument("names", metavar="RUN...", nargs=-1, required=True)
@click.option("--store", metavar="URL", help="Where the runs are kept [default: as the run in --out says].")
@run_folder_option()
def fetch(names: tuple[str, ...], store: str | None, out: Path) -> None:
    """Fetch all files of finished runs, with weights and stored outputs, from a store.

    A campaign whose machines share no disk (--store of study run, table and sweep) brings home the records
    alone. What is fetched is checked by its SHA-256.
    """
    from harness.campaign.store.home import fetch_whole, kept_in
    from harness.campaign.store.place import opened

    for name in names:
        there = kept_in(out, name) if store is None else opened(store)
        if there is None:
            click.echo(f"{name}: nothing to fetch, no file of it stayed in a store")
            continue
        click.echo(f"{fetch_whole(there, name, out)}: whole")
