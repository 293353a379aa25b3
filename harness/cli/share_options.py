"""The options of campaigns that say where their processes run, and how many at the same time. No torch."""

from __future__ import annotations

from functools import reduce

import click

from harness.cli.options import Option


def share_options(what: str, also: str = "") -> Option:
    """Where processes run (`harness.campaign.engines.chosen.Asked`), how many at the same time, and what each
    has (`harness.campaign.engines.slots.Share`).

    what: is made by each. also: what comes before the help of every option.
    """
    options = (
        click.option(
            "--jobs",
            type=click.IntRange(min=1),
            help=f"{also}{what} made at the same time [default: 1, or as --per-gpu; on a cluster all].",
        ),
        click.option("--per-gpu", type=click.IntRange(min=1), help=f"{also}{what} on each GPU."),
        click.option(
            "--memory",
            type=click.FloatRange(min=0, min_open=True),
            metavar="GIB",
            help=f"{also}Memory that each process may ask for.",
        ),
        click.option(
            "--engine",
            type=click.Choice(["local", "slurm", "ray"]),
            default="local",
            show_default=True,
            help=f"{also}What runs them: this machine, or a cluster (needs the extra of that name).",
        ),
        click.option(
            "--engine-set",
            "engine_set",
            multiple=True,
            metavar="KEY=VALUE",
            help=f"{also}What a cluster is asked for, e.g. partition=gpu. May be repeated.",
        ),
        click.option(
            "--store",
            metavar="URL",
            help=f"{also}Where runs of machines without a shared disk are kept, e.g. s3://BUCKET/FOLDER.",
        ),
    )

    return lambda command: reduce(lambda made, option: option(made), reversed(options), command)
