"""Only some rows of a table: those that are asked for, and those that runs have measured."""

import json
import shlex

import pytest
from support.made_records import made, save
from support.made_tables import BASE, call, five_seeds

from backbones.base.errors import UsageError

COMMANDS = {  # how LaTeX's commands are called that each package adds
    "booktabs": r"\toprule",
    "graphicx": r"\resizebox",
    "longtable": r"\begin{longtable}",
    "lscape": r"\begin{landscape}",
}


def shown(*arguments):
    tree = json.loads(call(*arguments, "--format", "json").output)
    return {cells[0]["text"]: cells for cells in tree["rows"]}, tree


@pytest.fixture
def runs(tmp_path):
    others = [made({"average": base}, method="two_stream", seed=seed) for seed, base in enumerate(BASE)]
    return save(five_seeds() + others, tmp_path)


def test_a_row_that_is_asked_for_stands_alone_and_keeps_its_difference(runs):
    """Adaptive fusion of these records is 2 points above average, which is the baseline and is not shown."""
    rows, _ = shown("fusion", "--rows", "adap*", "--runs", runs)
    assert list(rows) == ["adaptive"]
    assert rows["adaptive"][-1]["value"] == pytest.approx(2.0)


def test_rows_without_runs_are_left_out_with_their_commands(runs):
    rows, tree = shown("methods", "--measured-only", "--runs", runs)
    assert set(rows) == {"mbd", "two_stream"}
    assert not any("harness run" in cell["footnote"] for cells in tree["rows"] for cell in cells)


def test_two_methods_alone_in_latex(runs):
    text = call(
        "methods", "--rows", "mbd", "--rows", "two_stream", "--runs", runs, "--format", "latex"
    ).output
    body = text[text.index(r"\midrule") : text.index(r"\bottomrule")]
    assert [line.split(" &")[0] for line in body.splitlines()[1:]] == [r"two\_stream", "mbd"]


def test_a_rule_that_only_records_have_can_be_asked_for(tmp_path):
    save([made({"average": 70.0, "mine": 75.0})], tmp_path)
    assert list(shown("fusion", "--rows", "mine", "--runs", tmp_path)[0]) == ["mine"]


def test_the_command_of_empty_cells_makes_no_hidden_row(tmp_path):
    """Of a grid of 25 only the five rows of one weight: they share a command that names them."""
    rows, tree = shown("loss-weights", "--rows", "*, MSE 0.2: local", "--runs", tmp_path)
    (note,) = {cell["footnote"] for cells in tree["rows"] for cell in cells if cell["footnote"]}
    assert shlex.split(note).count("--rows") == len(rows) == 5
    assert set(rows) < set(shlex.split(note))


@pytest.mark.parametrize("name", ["fusion", "ucf101-hmdb51", "cost"])
def test_a_row_that_is_not_there(name, tmp_path):
    refused = call(name, "--rows", "adaptiv", "--runs", save([], tmp_path)).exception
    assert isinstance(refused, UsageError)
    assert f"--rows adaptiv: table '{name}' has no such row" in str(refused)


@pytest.mark.parametrize("name", ["components", "cost", "networks", "loss-weights", "ucf101-hmdb51"])
def test_latex_begins_with_the_packages_that_it_uses(name, tmp_path):
    text = call(name, "--format", "latex", "--runs", save(five_seeds()[:1], tmp_path)).output
    first, _, rest = text.partition("\n")
    named = first.removeprefix(r"% needs \usepackage{").partition("}")[0].split(",")
    assert sorted(named) == sorted(each for each, command in COMMANDS.items() if command in rest)
