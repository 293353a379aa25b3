"""Whatever is in a table and however narrow the terminal is, every word of it is shown."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.measure import Measurement
from support.made_records import made

from harness.cli.seeds import show_seeds
from harness.console import columns
from harness.console.columns import fitted
from harness.console.summary import show_record

WORD = st.text("abcdefghij", min_size=1, max_size=11)
LABEL = st.lists(WORD, min_size=1, max_size=5).map(" ".join)
CELL = st.one_of(
    st.just(""), WORD, st.just("32.5 [28.1, 37.1]"), st.just("72.2 ± 1.1 (n=5)"), st.just("— [1]")
)


def printed(width, title, headings, rows, keys=1):
    console = Console(width=width, highlight=False)
    with console.capture() as captured:
        for table in fitted(console, title, headings, rows, keys):
            console.print(table)
    return captured.get()


def words(*texts):
    return {word for text in texts for word in text.split()}


@given(st.data(), st.integers(2, 9), st.integers(40, 130), st.integers(1, 2))
@settings(max_examples=60, deadline=None)
def test_no_word_is_cut_and_no_line_too_long(data, columns, width, keys):
    keys = min(keys if width >= 70 else 1, columns - 1)
    headings = data.draw(st.lists(LABEL, min_size=columns, max_size=columns))
    row = st.tuples(LABEL, *[CELL] * (columns - 1))
    rows = data.draw(st.lists(row, min_size=1, max_size=4))
    text = printed(width, "title", headings, rows, keys)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    assert words(*headings, *(cell for line in rows for cell in line)) <= set(text.split())


@given(st.data(), st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_widths_are_those_that_rich_measures(data, count):
    """rich, which measures a whole table, is slow where many ways of sharing columns out are tried."""
    cell = st.one_of(LABEL, CELL, st.just("[bold]72.2[/]\n\\[1, 2]"), st.just("宽 ↑"))
    row = st.tuples(*[cell] * count)
    headings, rows = data.draw(row), data.draw(st.lists(row, max_size=3))
    console = Console(width=10_000)
    expected = Measurement.get(console, console.options, columns._table("", headings, rows)).maximum
    assert columns._Form.measured(headings, rows).total(range(count)) == expected


def test_an_interval_goes_under_its_number_and_a_mark_stays():
    rows = [["a label", "32.5 [28.1, 37.1]", "— [1]"]]
    wide = printed(80, "", ["", "top-1 measured ↑", "top-5 measured ↑"], rows)
    assert "32.5 [28.1, 37.1]" in wide
    narrow = printed(39, "", ["", "top-1 measured ↑", "top-5 measured ↑"], rows)
    assert "32.5 [" not in narrow
    assert "[28.1, 37.1]" in narrow
    assert "— [1]" in narrow
    assert "measured ↑" in narrow


def test_what_does_not_fit_comes_in_parts_that_name_their_rows():
    text = printed(
        40, "costs", ["network", "clip", *["a heading"] * 8], [["net", "8x112", *["12345"] * 8]], 2
    )
    assert text.count("8x112") == text.count("costs") > 1


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_summary_of_a_run_is_whole(width):
    record = made({"average": 70.0, "adaptive": 71.0, "svm": 69.0})
    record.metrics.fusion["svm"] = record.metrics.fusion["svm"].model_copy(
        update={
            "nll": 1.3721,
            "ece": 12.3,
            "fitted_on": 69,
            "learned": {"stream": "the global one", "C": 0.5},
        }
    )
    console = Console(width=width, highlight=False)
    with console.capture() as captured:
        show_record(console, record)
        show_seeds(console, [record, record.model_copy(update={"config": {**record.config, "seed": 1}})])
    text = captured.get()
    assert "…" not in text
    assert "1.372" in text
    assert "fitted parameters: svm stream the global one, C 0.50" in " ".join(text.split())
