"""A table as a picture: its cells are those of the table, and stand in the file as text."""

import re

import pytest
from support.made_records import made
from support.paper_folder import folder  # noqa: F401

from harness.papers.registry import PAPERS
from methods.catalogue import METHODS
from results.figures import catalogue as figures
from results.figures.model import Source
from results.paper_check.check import checked
from results.records import Loaded

PICTURE = "picture: {kind: table, shows: the main table, title: As a picture, table: main, highlight: %s}\n"


@pytest.fixture
def ours(folder):  # noqa: F811
    return folder.add("figures.yaml", PICTURE % "mutual learning")


def sheet(records=()):
    source = Source(Loaded(tuple(records), ()), methods=tuple(METHODS.names()))
    return figures.sheet("ours/picture", source)


def both(seeds):
    """Mutual learning 3 points above its baseline of 50, 51, …"""
    return [
        made(
            {"average": 50.0 + seed + 3 * (method == "mutual")}, method=method, seed=seed, preset="ours/tiny"
        )
        for method in ("two_stream", "mutual")
        for seed in range(seeds)
    ]


def test_every_column_of_the_table_is_in_it(ours, tmp_path):
    PAPERS.load(ours.path)
    made_sheet = sheet(both(2))
    assert made_sheet.data["columns"][:2] == ["top-1 reported", "top-1 measured ↑"]
    first, second = made_sheet.data["rows"]
    # Means of 50, 51 and of 53, 54; t(1) = 12.706 times 0.5 for two seeds.
    assert first["cells"][:2] == ["90.0", "50.5 ± 6.4 (n=2)"]
    assert second["cells"] == ["91.5", "53.5 ± 6.4 (n=2)", "", "95.0 ± 0.0 (n=2)", "+3.0 ± 0.0"]
    figures.write(made_sheet, tmp_path / "t.svg", "svg")
    text = (tmp_path / "t.svg").read_text(encoding="utf-8")
    shown = re.findall(r"<text[^>]*>([^<]*)</text>", text)
    assert {"two streams", "mutual learning", "90.0", "53.5 ± 6.4 (n=2)", "+3.0 ± 0.0"} <= set(shown)
    assert 'id="row-mutual learning"' in text
    assert made_sheet.notes[0].startswith("measured on localglobal")


def test_what_is_not_measured_yet_is_said_with_the_command(ours, tmp_path):
    PAPERS.load(ours.path)
    made_sheet = sheet()
    assert made_sheet.data["rows"][0]["cells"][:2] == ["90.0", "—"]
    assert made_sheet.notes[-1].startswith("not measured yet: harness run --method two_stream ")
    figures.write(made_sheet, tmp_path / "t.png", "png")
    assert (tmp_path / "t.png").stat().st_size > 5000


def test_it_passes_the_check_and_a_row_that_is_none_does_not(ours):
    assert checked(ours.path).problems == []
    ours.add("figures.yaml", (PICTURE % "mutual lerning").replace("picture", "other"))
    PAPERS.remove("ours")
    (line,) = checked(ours.path).problems
    assert "no row 'mutual lerning'; did you mean 'mutual learning'" in line
