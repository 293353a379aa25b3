"""What is wrong with a paper's folder is one line with its file and row."""

import pytest
from click.testing import CliRunner
from support.paper_folder import folder  # noqa: F401

from backbones.base.errors import UserError
from harness.cli.main import cli
from harness.papers.registry import PAPERS
from results.paper_check.check import checked

CLAIM = "P07,Table 3,ucf101,{setting},average.top1,=,{value},,{derivation},{provenance},,\n"


def claim(setting="mutual", value="90.0", derivation="", provenance="reported"):
    return CLAIM.format(**locals())


# (file, text that is changed, its new form; words of the one problem, or where it stands and the words)
CASES = {
    "wrong column": (
        "claims.csv",
        "relation,",
        "relaton,",
        1,
        "unknown column 'relaton'; did you mean 'relation'",
    ),
    "missing column": ("claims.csv", "relation,", "", 1, "column 'relation' is missing"),
    "ragged row": ("claims.csv", "P01,Table 1,", "P01,", 2, "11 cells in a table of 12 columns"),
    "relation": (
        "claims.csv",
        "average.top1,=,90.0",
        "average.top1,==,90.0",
        2,
        "relation: expected '=', '<'",
    ),
    "id twice": ("claims.csv", "P02,", "P01,", 3, "id 'P01' is there twice"),
    "newer schema": (
        "paper.yaml",
        "schema: 1",
        "schema: 2",
        "schema: 2",
        "its schema is 2, this harness reads up to 1",
    ),
    "unknown key": (
        "paper.yaml",
        "title:",
        "tittle:",
        "tittle:",
        "unknown key 'tittle'; did you mean 'title'",
    ),
    "no schema": ("paper.yaml", "schema: 1\n", "", 3, "'schema' is needed and not given"),
    "a schema that is none": (
        "paper.yaml",
        "schema: 1",
        "schema: true",
        "schema: true",
        "got True; expected 1",
    ),
    "bad name": ("paper.yaml", "name: ours", "name: Our Paper", "name:", "name: "),
    "no preset file": (
        "paper.yaml",
        "paper: preset.yaml",
        "paper: recipe.yaml",
        "presets:",
        "no file 'recipe.yaml'",
    ),
    "preset outside": (
        "paper.yaml",
        "paper: preset.yaml",
        "paper: ../p.yaml",
        "presets:",
        "leads out of the folder",
    ),
    "names of its own": (
        "paper.yaml",
        "main: mutual",
        "preset_names: {tiny: tiny}\nmain: mutual",
        "preset_names:",
        "only papers that come with the harness",
    ),
    "plug-in outside": (
        "paper.yaml",
        "# plugin: method.py",
        "plugin: /etc/x.py",
        "plugin:",
        "leads out of the folder",
    ),
    "tag": (
        "tables.yaml",
        "title: The temp",
        "title: !!python/name:os.system The temp",
        "title: !!p",
        "no plain YAML",
    ),
    "key twice": ("tables.yaml", "  seeds: 2", "  title: again", "title: again", "'title' is given twice"),
    "unknown claim": ("tables.yaml", "{top1: P02}", "{top1: P20}", "P20", "there is no claim 'P20'"),
    "no such row": ("tables.yaml", "{4: P06}", "{5: P06}", "each:", "reported.top1: no row '5'"),
    "placeholder": ("tables.yaml", "label: T = {t}", "label: T = {x}", "each:", "'{x}' is not in each"),
    "same rows": ("tables.yaml", "label: T = {t}", "label: T", "each:", "two rows are called 'T'"),
    "no table": (
        "figures.yaml",
        "table: temperatures",
        "table: temperature",
        "table: temperature",
        "did you mean",
    ),
    "no group": ("figures.yaml", "  x: t", "  x: temp", "x: temp", "has no 'temp' in its group"),
    "kind": ("figures.yaml", "kind: rows", "kind: pie", "kind: pie", "kind: expected 'dots', 'bars'"),
    "preset setting": ("preset.yaml", "lr: 0.01", "lrr: 0.01", "lrr", "unknown setting 'train.lrr'"),
    "preset value": ("preset.yaml", "lr: 0.01", "lr: -1", "lr", "train.lr: got -1; expected"),
    "preset null": ("preset.yaml", "lr: 0.01", "lr: null", "lr", "train.lr: null says nothing over a base"),
    "base": ("preset.yaml", "base: paper", "base: papr", "base:", "no preset 'papr'; did you mean 'paper'"),
    "deviation": (
        "deviations.yaml",
        "value: 60",
        "value: 61",
        "- name: epochs",
        "says train.epochs is 61, and the",
    ),
    "no such key": (
        "deviations.yaml",
        "train.epochs\n",
        "train.epoch\n",
        "- name: epochs",
        "no setting 'train.epoch'",
    ),
    "question": (
        "open-questions.yaml",
        "default: '1.0'",
        "default: '2'",
        "- name: temp",
        "'2' is none of its",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_one_line_with_file_and_row(name, folder):  # noqa: F811
    file, old, new, where, words = CASES[name]
    folder.change(file, old, new)
    (line,) = checked(folder.path).problems
    assert "\n" not in line
    row = folder.row(file, where) if isinstance(where, str) else where
    place = f"{folder.path / file}:{row}: " if row else ""
    assert line.startswith(place)
    assert words in line


def test_derivations_that_rest_on_each_other(folder):  # noqa: F811
    folder.add("claims.csv", claim(value="1.0", derivation="P08 - P01"))
    folder.add("claims.csv", claim(value="1.0", derivation="P07 + P01").replace("P07", "P08", 1))
    (line,) = checked(folder.path).problems
    assert (
        "claims.csv:8: claim 'P07': its derivation goes in a circle: ours/P07 -> ours/P08 -> ours/P07" in line
    )


def test_a_table_of_too_many_rows(folder):  # noqa: F811
    folder.change("tables.yaml", "t: [1, 2, 4]", f"t: [{', '.join(map(str, range(2001)))}]")
    assert "each gives 2001 rows; at most 2000" in checked(folder.path).problems[0]


def test_an_alias_is_no_plain_data(folder):  # noqa: F811
    folder.change("figures.yaml", "title: The method", "title: &a The method")
    folder.change("figures.yaml", "title: Top-1", "title: *a #")
    (line,) = checked(folder.path).problems
    row = folder.row("figures.yaml", "*a")
    assert line.startswith(f"{folder.path / 'figures.yaml'}:{row}: ")
    assert "alias" in line


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (claim("mutul"), "claim 'P07': no method 'mutul'; did you mean 'mutual'"),
        (claim("mutual method.temprature=2"), "has no setting 'temprature'; did you mean 'temperature'"),
        (claim(value="5", derivation="P07 - P01"), "goes in a circle: ours/P07 -> ours/P07"),
        (claim(value="5", derivation="P02 - P99"), "there is no claim 'P99'"),
        (claim(value="5.0", derivation="P02 - P01"), "P02 - P01 = 1.50, stated 5.0"),
        (claim(value="5.0", derivation="P02 - P01", provenance="derived"), "P02 - P01 = 1.50, stated 5.0"),
        (claim().replace("ucf101", "ucf-101"), "no data set 'ucf-101'; did you mean 'ucf101'"),
        (
            claim().replace("average.top1", "avrage.top1"),
            "no stream or fusion rule 'avrage'; did you mean 'average'",
        ),
        (claim("network:r3d@16x112").replace("average.top1", "gmacs"), "unknown backbone 'r3d'"),
        (claim("netwrk:r3d18@16x112"), "begins with none of"),
        (claim(value="1..2"), "does not fit the value"),
    ],
)
def test_a_claim_that_cannot_be_meant(given, words, folder):  # noqa: F811
    folder.add("claims.csv", given)
    (line,) = checked(folder.path).problems
    assert line.startswith(f"{folder.path / 'claims.csv'}:8: ")
    assert words in line


@pytest.mark.parametrize(
    ("reported", "words"),
    [
        ("{top1: P01}", "claim 'P01' is of another setting: two_stream"),
        ("{top1: P05}", "claim 'P05' is on a-private-set, the table on ucf101"),
        ("{top1: P03}", "claim 'P03' is a difference or an order"),
        ("{top5: P02}", "claim 'P02' is of average.top1, the row of average.top5"),
    ],
)
def test_a_number_of_another_row(reported, words, folder):  # noqa: F811
    folder.change("tables.yaml", "{top1: P02}", reported)
    (line,) = checked(folder.path).problems
    row = folder.row("tables.yaml", "mutual learning")
    assert line.startswith(
        f"{folder.path / 'tables.yaml'}:{row}: table 'main', row 'mutual learning': {words}"
    )


def test_two_rows_that_are_one_run(folder):  # noqa: F811
    """What is stated and what holds anyway are the same configuration."""
    folder.change(
        "tables.yaml",
        "- {label: mutual",
        "- {label: one, setting: mutual method.temperature=1 @ average}\n  - {label: mutual",
    )
    (line,) = checked(folder.path).problems
    assert "the same configuration and output as row 'one'" in line


def test_a_folder_that_lacks_its_files(folder, tmp_path):  # noqa: F811
    (folder.path / "claims.csv").unlink()
    assert "it has no claims.csv" in checked(folder.path).problems[0]
    (folder.path / "paper.yaml").unlink()
    assert "it has no paper.yaml" in checked(folder.path).problems[0]
    assert "no such folder" in checked(tmp_path / "nowhere").problems[0]


def test_a_control_character_and_what_is_no_file(folder):  # noqa: F811
    folder.change("claims.csv", "made up", "\x1b]0;title\x07 made up")
    (line,) = checked(folder.path).problems
    assert line == f"{folder.path / 'claims.csv'}:2: a control character"
    (folder.path / "claims.csv").write_bytes(b"id,where\xff\n")
    assert "no UTF-8 text" in checked(folder.path).problems[0]
    (folder.path / "networks.csv").mkdir()
    assert checked(folder.path).problems


def test_a_file_that_is_called_otherwise(folder):  # noqa: F811
    folder.add("table.yaml", "{}\n")
    (line,) = checked(folder.path).problems
    assert line.startswith(f"{folder.path / 'table.yaml'}: ")
    assert "did you mean 'tables.yaml'" in line


def test_two_papers_of_one_name(folder, tmp_path):  # noqa: F811
    from support.paper_folder import Folder

    PAPERS.load(folder.path)
    (tmp_path / "again").mkdir()
    other = Folder(tmp_path / "again" / "ours")
    with pytest.raises(UserError, match=r"again/ours/paper.yaml:4: two papers are called 'ours'"):
        PAPERS.load(other.path)


@pytest.mark.parametrize("name", ["mbd", "others"])
def test_a_name_of_the_harness_is_taken(name, folder):  # noqa: F811
    folder.change("paper.yaml", "name: ours", f"name: {name}")
    assert "two papers are called" in checked(folder.path).problems[0]


def test_the_command_ends_with_1_and_prints_lines(folder):  # noqa: F811
    folder.add("claims.csv", claim("mutul"))
    result = CliRunner().invoke(cli, ["paper", "check", str(folder.path)])
    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == "1 problem"
    assert result.output.startswith(f"{folder.path / 'claims.csv'}:8: ")
