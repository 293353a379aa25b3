"""The options of campaigns that say how many processes run at the same time. No torch."""

from __future__ import annotations

from functools import reduce

import click

from harness.cli.options import Option


def share_options(what: str, also: str = "") -> Option:
    """How many processes run at the same time, and what each has (`harness.campaign.engines.slots.Share`).

    what: is made by each. also: what comes before the help of every option.
    """
    options = (
        click.option(
            "--jobs",
            type=click.IntRange(min=1),
            help=f"{also}{what} that are made at the same time [default: 1, or as --per-gpu].",
        ),
        click.option("--per-gpu", type=click.IntRange(min=1), help=f"{also}{what} on each GPU."),
        click.option(
            "--memory",
            type=click.FloatRange(min=0, min_open=True),
            metavar="GIB",
            help=f"{also}Memory that each process may ask for.",
        ),
    )

    return lambda command: reduce(lambda made, option: option(made), reversed(options), command)
