"""`harness runs carry`: a task of a campaign with whose driver this machine shares no disk. No torch."""

from __future__ import annotations

from typing import Any

import click


@click.command(hidden=True, context_settings={"ignore_unknown_options": True})
@click.argument("url")
@click.argument("name")
@click.argument("command", nargs=-1, required=True)
@click.option("--under", default=".")
@click.option("--needs", multiple=True)
@click.option("--code", default="")
def carry(url: str, name: str, command: tuple[str, ...], under: str, **given: Any) -> None:
    """Make a task in a folder of this machine, from and into the store."""
    from harness.campaign.engines.carried import Carried, end_alike
    from harness.campaign.store.place import opened

    task = Carried(opened(url), name, command, under, given["needs"], given["code"])
    end_alike(task.make(click.echo))
