"""The skeleton and the papers that come with the harness pass their check; what no run can judge, too."""

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.paper_folder import folder  # noqa: F401

from harness.cli.main import cli
from harness.papers.registry import PAPERS
from results.paper_check.check import checked


def test_the_skeleton_has_no_problem(folder):  # noqa: F811
    found = checked(folder.path)
    assert found.problems == []
    assert "1 claim can never be judged by a run: P05" in found.notes
    assert "1 claim quoted" in found.notes
    assert "5 claims reported" in found.notes
    text = (folder.path / "paper.yaml").read_text(encoding="utf-8")
    page = next(word for word in text.replace("(", " ").replace(")", " ").split() if word.startswith("docs/"))
    assert (Path(__file__).parents[3] / page).is_file()


def test_the_next_command_is_typed_as_it_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    *_, said = CliRunner().invoke(cli, ["paper", "new", "Nëw paper"]).output.splitlines()
    assert shlex.split(said.partition("then: ")[2]) == ["harness", "paper", "check", "Nëw paper"]


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


def called(*arguments):
    return CliRunner().invoke(cli, ["paper", *map(str, arguments)])


def test_a_paper_is_checked_by_its_name(folder):  # noqa: F811
    """Those that come with the harness, those of --paper and of installed packages."""
    result = called("check", "stddcn")
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "stddcn: no problem")
    PAPERS.load(folder.path)
    assert called("check", "ours").output.splitlines()[-1] == "ours: no problem"
    folder.change("claims.csv", "average.top1,=,90.0", "avrage.top1,=,90.0")
    PAPERS.remove("ours")
    PAPERS.load(folder.path)
    assert called("check", "ours").output.startswith(f"{folder.path / 'claims.csv'}:2: ")


def test_neither_a_folder_nor_a_name():
    result = called("check", "stdcn")
    assert (result.exit_code, result.output.splitlines()[0]) == (
        1,
        "'stdcn' is no folder and no paper's name; did you mean 'stddcn'?",
    )
    assert "did you mean 'stddcn'?" in str(called("show", "stdcn").exception)


@pytest.mark.parametrize("text", ["", "\n", "# none yet\n", "\ufeff# none\n\n"])
@pytest.mark.parametrize(
    "file", ["figures.yaml", "open-questions.yaml", "deviations.yaml", "cited.csv", "networks.csv"]
)
def test_an_optional_file_that_is_empty_means_none(file, text, folder):  # noqa: F811
    (folder.path / file).write_text(text, encoding="utf-8")
    assert checked(folder.path).problems == []


def test_without_tables_figures_have_none_to_show(folder):  # noqa: F811
    (folder.path / "tables.yaml").write_text("# none\n")
    (folder.path / "figures.yaml").write_text("")
    assert checked(folder.path).problems == []


def test_claims_are_needed(folder):  # noqa: F811
    (folder.path / "claims.csv").write_text("")
    assert any(
        "claims.csv:1: it is empty; expected the columns" in each for each in checked(folder.path).problems
    )
