"""What is wrong with rows of claims, and with what a folder has readers paste: each on a line of its own."""

import pytest
from support.paper_folder import folder  # noqa: F401

from results.paper_check.check import checked

TABLE_OF_CITED = """elsewhere:
  title: cited
  metrics: [own.top1]
  rows:
  - cited: {dataset: ucf101}
"""
CLAIM = "P07,Table 3,ucf101,{setting},average.top1,=,90.0,,,reported,,\n"


def claim(setting="mutual"):
    return CLAIM.format(setting=setting)


def test_rows_that_cannot_be_read_hide_no_others(folder):  # noqa: F811
    folder.add("claims.csv", claim(setting="mutul") + claim().replace("P07", "P 8"))
    first, second = checked(folder.path).problems
    assert first.startswith(f"{folder.path / 'claims.csv'}:9: id 'P 8': expected letters and digits")
    assert second.startswith(f"{folder.path / 'claims.csv'}:8: claim 'P07': no method 'mutul'")


def test_an_id_of_too_many_letters(folder):  # noqa: F811
    folder.add("claims.csv", claim().replace("P07", "P" * 100))
    assert checked(folder.path).problems[0].endswith("at most 40 letters")


def test_an_order_between_cited_methods_is_no_cited_number(folder):  # noqa: F811
    head = (folder.path / "claims.csv").read_text().splitlines()[0]
    row = "X1,Table 3,ucf101,cited:one,own.top1,>,,cited:other @ own.top1,,reported,,"
    folder.add("cited.csv", f"{head}\n{row}\n")
    folder.add("tables.yaml", TABLE_OF_CITED)
    first, *_ = checked(folder.path).problems
    said = "claim 'X1': cited.csv holds numbers alone; an order is a row of claims.csv"
    assert first == f"{folder.path / 'cited.csv'}:2: {said}"


def test_a_claim_of_another_paper_is_not_proposed(folder):  # noqa: F811
    """Of all papers' ids 'O77b' is nearer."""
    folder.change("tables.yaml", "{top1: P01}", "{top1: O77}")
    (line,) = checked(folder.path).problems
    assert line.endswith("there is no claim 'O77'")


@pytest.mark.parametrize(
    "command",
    [
        "rm -rf / ; harness run",
        "harness run --method mutual > x",
        "harness run $(id)",
        "'harness run'",
        "harness",
    ],
)
def test_a_command_that_readers_would_paste(command, folder):  # noqa: F811
    folder.change("open-questions.yaml", "questions:", f'commands:\n  mutual: "{command}"\nquestions:')
    (line,) = checked(folder.path).problems
    row = folder.row("open-questions.yaml", "mutual:")
    expected = "expected one 'harness run …' without quotes or signs of the shell"
    assert line.startswith(f"{folder.path / 'open-questions.yaml'}:{row}: {expected}")


@pytest.mark.parametrize("unsound", [False, True])
def test_no_row_of_a_table_hides_another_and_no_claim_hides_the_tables(folder, unsound):  # noqa: F811
    folder.change("tables.yaml", "{top1: P02}", "{top1: P20}").change("tables.yaml", "{4: P06}", "{4: P66}")
    if unsound:
        folder.add("claims.csv", claim(setting="mutul"))
    told = checked(folder.path).problems
    assert [each for each in told if "no claim 'P20'" in each], told
    assert [each for each in told if "no claim 'P66'" in each], told
    assert bool([each for each in told if "no method 'mutul'" in each]) == unsound


def test_of_two_numbers_of_a_row_both_are_looked_at(folder):  # noqa: F811
    folder.change("tables.yaml", "{top1: P02}", "{top1: P20, top5: P21}")
    (told,) = [each for each in checked(folder.path).problems if "tables.yaml" in each]
    assert "there is no claim 'P20'" in told
    assert " and no claim 'P21'" in told
