"""Names in a paper's folder that stand for nothing, and data that is not plain: a line with file and row."""

import pytest
from support.paper_folder import folder  # noqa: F401

from results.paper_check.check import checked

NETWORKS = "backbone,frames,size,parameters_m,gmacs,provenance,source\nr3d18,16,112,33.4,8.3,reported,x\n"
STUDY = """paper: ours
arms: [two_stream, mutual]
dataset: localglobal
preset: tiny
settings: [train.epochs=3]
pairs: 3
controls: {harm: {mutual: {temperature: 9}}, gain: {two_stream: {train.epochs: 5}}}
"""
PLUGIN = """from methods.registry import METHODS, MethodEntry


class Here:
    pass


METHODS.add(
    MethodEntry(
        name="ours_own",
        target=f"{__name__}:Mising",
        settings=f"{__name__}:Here",
        summary="a method of this test",
        equations="none",
        paper="none",
        fusion="average",
    )
)
"""
BEFORE = {"networks.csv": NETWORKS, "study.yaml": STUDY}
ROW = "- {label: mutual"

# (file, text that is changed, its new form, words in the row that is named, words of the one problem)
CASES = {
    "main": ("paper.yaml", "main: mutual", "main: mutul", "main:", "main: no method 'mutul'; did you mean"),
    "methods": ("paper.yaml", "main:", "methods: [kd, nosuch]\nmain:", "methods:", "methods: no method 'nos"),
    "teachers": (
        "paper.yaml",
        "main:",
        "teachers_table: mian\nmain:",
        "teachers_table:",
        "teachers_table: no table 'mian'; did you mean 'main'",
    ),
    "preset's name": (
        "paper.yaml",
        "{paper: pr",
        "{../x: pr",
        "presets:",
        "preset '../x': expected a name of",
    ),
    "tag of a number": (
        "paper.yaml",
        "schema: 1",
        'schema: !!int "1"',
        "schema:",
        "the tag '!!int' is not read",
    ),
    "tag of a list": ("tables.yaml", "  rows:\n", "  rows: !!seq\n", "!!seq", "the tag '!!seq' is not read"),
    "table": (
        "tables.yaml",
        "temperatures:",
        "../../x:",
        "../../x:",
        "table '../../x': expected a name of lett",
    ),
    "figure": (
        "figures.yaml",
        "\ngain:",
        "\ngain of it:",
        "gain of it:",
        "figure 'gain of it': expected a name",
    ),
    "cited from": (
        "tables.yaml",
        ROW,
        f"- cited: {{dataset: ucf101, from: [othrs]}}\n  {ROW}",
        "othrs",
        "cited.from: no paper 'othrs'; did you mean 'others'",
    ),
    "cited data": (
        "tables.yaml",
        ROW,
        f"- cited: {{dataset: ucf102, from: [others]}}\n  {ROW}",
        "ucf102",
        "cited: no number on 'ucf102' in the cited.csv of others",
    ),
    "network": ("networks.csv", "r3d18", "r3d19", "r3d19", "unknown backbone 'r3d19'"),
    "one arm": (
        "study.yaml",
        ", mutual]",
        "]",
        "arms:",
        "arms: a study compares at least two, and 'two_stream'",
    ),
    "said twice": (
        "study.yaml",
        ", mutual]",
        ", {mutual: {train.epochs: 4}}]",
        "arms:",
        "arms[1]: 'train.epochs' is given in the plan's settings, too",
    ),
    "tag of a plan": ("study.yaml", "pairs: 3", 'pairs: !!int "3"', "pairs:", "the tag '!!int' is not read"),
    "unknown key": (
        "study.yaml",
        "pairs: 3",
        "pairs: 3\npears: 3",
        "pears:",
        "unknown setting 'pears'; did you",
    ),
    "config outside": (
        "study.yaml",
        "preset: tiny",
        "config: ../outside.yaml",
        "config:",
        "config: '../outside.yaml' leads out of the folder",
    ),
    "no config": ("study.yaml", "preset: tiny", "config: c.json", "config:", "there is no file 'c.json' in"),
}


@pytest.mark.parametrize("name", CASES)
def test_one_line_with_file_and_row(name, folder):  # noqa: F811
    file, old, new, where, words = CASES[name]
    (folder.path.parent / "outside.yaml").write_text("extends: tiny\n")
    if file in BEFORE:
        folder.add(file, BEFORE[file])
    assert file not in BEFORE or checked(folder.path).problems == []
    folder.change(file, old, new)
    (line,) = checked(folder.path).problems
    assert line.startswith(f"{folder.path / file}:{folder.row(file, where)}: ")
    assert words in line


def test_a_file_that_a_studys_configuration_extends(folder):  # noqa: F811
    (folder.path.parent / "outside.yaml").write_text("extends: tiny\n")
    folder.add("study-own.json", '{"extends": "../outside.yaml"}').add("study.yaml", STUDY)
    folder.change("study.yaml", "preset: tiny", "config: study-own.json")
    (line,) = checked(folder.path).problems
    outside = folder.path / ".." / "outside.yaml"
    said = f"config: 'study-own.json' extends {outside}, which is not in the folder"
    assert line == f"{folder.path / 'study.yaml'}:4: {said}"


CLAIM = "P07,Table 3,{dataset},{setting},{metric},{rest}\n"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"metric": "local.top9"}, "no metric 'local.top9'; did you mean 'top"),
        ({"metric": "average"}, "no metric 'average'; expected average.top1 or average.top5"),
        (
            {"metric": "dominance.globl"},
            "no metric 'dominance.globl'; expected dominance.local, dominance.agr",
        ),
        ({"dataset": ""}, "dataset is empty; name the data set that average.top1 is of"),
        ({"setting": "scope:nosuch"}, "no 'scope:nosuch'; paper.yaml: scope says what it is and why"),
        ({"rest": "<,,scope:nosuch @ average.top1,,reported,,"}, "no 'scope:nosuch'; paper.yaml"),
    ],
)
def test_a_claim_of_what_there_is_not(given, words, folder):  # noqa: F811
    usual = {"dataset": "ucf101", "setting": "mutual", "metric": "average.top1", "rest": "=,9.0,,,reported,,"}
    folder.add("claims.csv", CLAIM.format(**usual | given))
    (line,) = checked(folder.path).problems
    assert line.startswith(f"{folder.path / 'claims.csv'}:8: claim 'P07': ")
    assert words in line


@pytest.mark.parametrize(
    "metric", ["local.shared", "own.top5", "dominance.agreement", "dominance.local[Rafting]"]
)
def test_what_records_have(metric, folder):  # noqa: F811
    given = {"dataset": "ucf101", "setting": "mutual", "metric": metric, "rest": "=,9.0,,,reported,,"}
    folder.add("claims.csv", CLAIM.format(**given)).add("paper.yaml", "scope:\n  time: not measured\n")
    folder.add("claims.csv", "P08,text,,scope:time,times_slower,<,70,,,reported,,\n")
    assert checked(folder.path).problems == []


def test_a_quoted_number_whose_data_nobody_states(folder):  # noqa: F811
    folder.add("claims.csv", "P07,a README,,mutual,average.top1,=,90.0,,,quoted,https://example.org,\n")
    assert checked(folder.path).problems == []


def test_a_class_that_the_plugin_does_not_have(folder):  # noqa: F811
    folder.change("paper.yaml", "# plugin:", "plugin:").add("method.py", PLUGIN)
    (line,) = checked(folder.path).problems
    row = folder.row("method.py", ":Mising")
    where = f"{folder.path / 'method.py'}:{row}"
    assert line == f"{where}: method 'ours_own': target: there is no 'Mising' in it"
