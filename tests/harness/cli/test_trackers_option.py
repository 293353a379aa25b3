"""`--tracker`: help names those that there are."""

import click

from harness.cli.run import run
from harness.training.trackers.catalogue import TRACKERS


def test_the_options_names_are_the_catalogues():
    (option,) = (each for each in run.params if "--tracker" in each.opts)
    assert isinstance(option.type, click.Choice)
    assert tuple(option.type.choices) == tuple(TRACKERS)
