"""Names of strangers in Markdown and CSV: nothing in them becomes a tag, an image or a formula."""

from __future__ import annotations

import csv
import io

import pytest
from markdown_it import MarkdownIt

from backbones.base.plain_text import in_markdown
from results.tables.model import Cell, Table
from results.tables.render import comma, markdown

DEFINED = "[b]: http://tracker.example"
HOSTILE = "<img src=x onerror=alert(1)> ![pixel](http://tracker.example/x.png)"


def table(text: str) -> Table:
    made = Table("t", "title", ["name", "value"])
    made.rows = [[Cell(text), Cell("1.0")]]
    return made


def test_markdown_shows_tags_and_images_as_text() -> None:
    for made in (table(HOSTILE), Table("t", HOSTILE, [HOSTILE, "value"])):
        text = markdown(made, False)
        assert "\\<img" in text
        assert " <img" not in text
        assert "](" not in text


@pytest.mark.parametrize(
    "text",
    [
        "\\<img src=x>",
        "[a][b]",
        "[b]: http://tracker.example",
        "![a](http://x)",
        "\\[a](b)",
        "<b>",
        "<http://x>",
    ],
)
def test_markdown_by_another_parser(text: str) -> None:
    """Nothing but text comes out, also where the text escapes our escapes."""
    page = f"- {in_markdown(text)}\n- {in_markdown(DEFINED)}\n"
    kinds = {each.type for token in MarkdownIt("commonmark").parse(page) for each in (token.children or [])}
    assert kinds == {"text"}


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+1+1", "'+1+1"),
        ("-1.5", "-1.5"),
        ("+0.25", "+0.25"),
        ("run", "run"),
    ],
)
def test_csv_has_no_formulas_and_keeps_numbers(given: str, written: str) -> None:
    rows = list(csv.reader(io.StringIO(comma(table(given), False))))
    assert rows[1][0] == written
