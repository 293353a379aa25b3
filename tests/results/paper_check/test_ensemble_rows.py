"""Means of several runs in a folder: what is meant is read, what cannot be is one line with file and row."""

import pytest
from support.paper_folder import folder  # noqa: F401

from harness.papers.registry import PAPERS
from results.claims.claims import by_id
from results.paper_check.check import checked
from results.tables.catalogue import spec

BOTH = "[mutual @ global, two_stream @ global]"
ROW = "  - {label: two streams, "
CLAIM = 'P07,Table 3,ucf101,"{setting}",top1,=,93.0,,,reported,,\n'


def with_claim(folder, setting=BOTH):  # noqa: F811
    return folder.add("claims.csv", CLAIM.format(setting=setting))


@pytest.mark.parametrize("setting", [BOTH, f'"{BOTH}"', f'"{BOTH} @ average"'], ids=["list", "text", "rule"])
def test_a_row_and_its_claim(folder, setting):  # noqa: F811
    added = f"  - {{label: both, setting: {setting}, reported: {{top1: P07}}}}\n"
    with_claim(folder).change("tables.yaml", ROW, added + ROW)
    assert checked(folder.path).problems == []
    row = spec("ours/main", ()).rows[0]
    assert [part.setting() for part in row.side("top1").parts] == ["mutual", "two_stream"]
    assert dict(row.reported) == {"top1": "93.0"}
    assert by_id()["ours/P07"].left.name == BOTH


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("[mutul @ global, two_stream @ global]", "no method 'mutul'; did you mean 'mutual'"),
        ("[mutual @ glob, two_stream @ global]", "no stream or fusion rule 'glob'"),
        ("[mbd @ own, two_stream @ global]", "'own' of mbd is not stored; an ensemble takes local"),
        ("[mutual method.x=1 @ global, two_stream @ global]", "has no setting 'x'"),
        ("[mutual, two_stream @ global]", "'mutual' names no output, as in 'two_stream @ global'"),
        ("[mutual @ local, mutual @ local]", "each output once, and 'mutual @ local' is there twice"),
        ("[mutual @ own, mutual @ average]", "each output once, and 'mutual @ average' is mutual @ own"),
        ("[mutual @ global]", "is not '[method @ output, method @ output]' of two or more"),
    ],
)
def test_what_cannot_be_meant(folder, setting, words):  # noqa: F811
    (line,) = checked(with_claim(folder, setting).path).problems
    assert line.startswith(f"{folder.path / 'claims.csv'}:8: ")
    assert words in line


def test_a_number_of_other_runs(folder):  # noqa: F811
    with_claim(folder).change("tables.yaml", "{top1: P01}", "{top1: P07}")
    (line,) = checked(folder.path).problems
    assert f"row 'two streams': claim 'P07' is of another setting: {BOTH}" in line


def test_the_order_of_its_members_makes_no_other_row(folder):  # noqa: F811
    rows = "".join(
        f"  - {{label: {name}, setting: {setting}}}\n"
        for name, setting in (("one", BOTH), ("two", "[two_stream @ global, mutual @ global]"))
    )
    folder.change("tables.yaml", ROW, rows + ROW)
    (line,) = checked(folder.path).problems
    assert "row 'two': the same configuration and output as row 'one'" in line


def test_commands_of_a_users_paper_carry_its_folder(folder):  # noqa: F811
    from results.cell_commands import run_command

    PAPERS.load(with_claim(folder).path)
    command = run_command(by_id()["ours/P07"].left, "ucf101")
    assert command.count("--paper") == command.count(" && ") + 1 == 2
