"""The skeleton and the papers that come with the harness pass their check; what no run can judge, too."""

import pytest
from click.testing import CliRunner
from support.paper_folder import folder  # noqa: F401

from harness.cli.main import cli
from harness.papers.registry import PAPERS
from results.paper_check.check import checked


def test_the_skeleton_has_no_problem(folder):  # noqa: F811
    found = checked(folder.path)
    assert found.problems == []
    assert "1 claims can never be judged by a run: P05" in found.notes
    assert "1 claims quoted" in found.notes


@pytest.mark.parametrize("name", ["mbd", "stddcn", "genkd", "others"])
def test_the_built_in_papers_have_none(name):
    assert checked(PAPERS.get(name).folder).problems == []


def test_a_new_folder_is_empty(folder):  # noqa: F811
    result = CliRunner().invoke(cli, ["paper", "new", str(folder.path)])
    assert result.exit_code == 2 or "not empty" in str(result.exception)


def test_show_and_list(folder):  # noqa: F811
    shown = CliRunner().invoke(cli, ["paper", "show", str(folder.path)]).output
    assert "claims: 5 reported, 1 quoted" in shown
    assert "table: ours/main: The method and its baseline (Table 1)" in shown
    listed = CliRunner().invoke(cli, ["list", "papers", "--paper", str(folder.path), "--json"]).output
    assert '"name": "ours"' in listed
    assert '"name": "genkd"' in listed
