"""The deviations of each paper's preset against the preset itself: keys, values and commands that exist."""

import re

import pytest
from click.testing import CliRunner

from harness.cli.main import cli
from harness.config.difference import flatten
from harness.config.resolve import resolve
from results.claims.claims import protocol_of
from results.claims.deviations import deviations

EACH = pytest.mark.parametrize("each", deviations(), ids=lambda each: each.name)


def test_every_point_says_all():
    assert len({each.name for each in deviations()}) == len(deviations()) > 10
    for each in deviations():
        assert all((each.where, each.text, each.here, each.why)), each.name
        assert bool(each.setting) or each.value is None, each.name


@EACH
def test_the_preset_does_what_is_said(each):
    if each.setting:
        leaves = flatten(resolve(protocol_of(each.paper), {}, []).plain())
        assert leaves[each.setting] == each.value


@EACH
def test_what_would_change_it_can_be_given(each):
    """Flags exist, and settings are taken."""
    options = {option for param in cli.get_command(None, "run").params for option in param.opts}
    assert set(re.findall(r"--[a-z][a-z-]*", each.change)) <= options
    pairs = [pair.replace("=N", "=2") for pair in re.findall(r"--set ([\w.]+=\w[\w.]*)", each.change)]
    for pair in pairs:
        resolve(protocol_of(each.paper), {}, [pair])


def test_the_list_shows_all():
    shown = CliRunner().invoke(cli, ["list", "deviations"])
    assert shown.exit_code == 0, shown.output
    assert shown.output.count("the paper") >= len(deviations())
    assert all(each.where in shown.output for each in deviations())
