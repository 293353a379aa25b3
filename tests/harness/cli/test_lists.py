"""`harness list` with a pattern."""

import json

import pytest
from click.testing import CliRunner

from harness.cli.main import cli


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("swin3d_*", ["swin3d_t", "swin3d_s", "swin3d_b"]),
        ("r2plus1d_*", ["r2plus1d18_tv", "r2plus1d50_ptv"]),  # by the libraries' names
        ("mc3_18", ["mc3_18"]),
    ],
)
def test_a_pattern_keeps_names_that_match(pattern, names):
    done = CliRunner().invoke(cli, ["list", "backbones", pattern, "--json"])
    assert [row["name"] for row in json.loads(done.output)] == names


def test_a_pattern_that_matches_nothing_is_one_line():
    done = CliRunner().invoke(cli, ["list", "backbones", "swin4d"])
    assert done.exit_code == 2
    assert "no backbones match 'swin4d'; did you mean 'swin3d_" in done.output
