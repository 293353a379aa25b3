"""`harness list` with a pattern."""

import json
import re

import pytest
from click.testing import CliRunner
from support.places import ROOT

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


def test_a_papers_name_keeps_its_own_rows_and_no_others():
    """Counted in the papers' folders, as text."""
    for kind, file in (("ambiguities", "open-questions.yaml"), ("deviations", "deviations.yaml")):
        for paper in ("mbd", "mars"):
            text = (ROOT / "results" / "papers" / paper / file).read_text(encoding="utf-8")
            done = CliRunner().invoke(cli, ["list", kind, paper, "--json"])
            rows = json.loads(done.output)
            assert {row["paper"] for row in rows} == {paper}
            assert len(rows) == len(re.findall(r"^- name:", text, re.MULTILINE)), (kind, paper)
