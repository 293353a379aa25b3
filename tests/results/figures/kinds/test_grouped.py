"""Rows in groups: where marks stand, and that bars begin at 0."""

import pytest
from support.made_records import made
from support.paper_folder import folder  # noqa: F401

from harness.papers.registry import PAPERS
from methods.catalogue import METHODS
from results.figures import catalogue
from results.figures.model import Source
from results.records import Loaded

FIGURE = "{name}: {{kind: {kind}, shows: both, title: Both, table: temperatures, x: t, series: t}}\n"


@pytest.mark.parametrize("kind", ["bars", "dots"])
def test_bars_begin_at_0_and_dots_where_they_are_told_apart(folder, kind):  # noqa: F811
    PAPERS.load(folder.add("figures.yaml", FIGURE.format(name="both", kind=kind)).path)
    tops = {1: 60.0, 2: 61.0, 4: 62.0}
    records = tuple(
        made({"average": top}, f"method.temperature={t}", method="mutual", preset="ours/tiny")
        for t, top in tops.items()
    )
    source = Source(Loaded(records, ()), methods=tuple(METHODS.names()))
    with catalogue.drawn(catalogue.sheet("ours/both", source)) as figure:
        axes = figure.axes[1]
        low, high = axes.get_ylim()
        assert (low == 0) == (kind == "bars")
        assert high > 62
        heights = {}
        for artist in axes.findobj(lambda each: str(each.get_gid() or "").startswith("measured-")):
            heights[artist.get_gid()] = artist.get_height() if kind == "bars" else artist.get_ydata()[0]
    assert heights == {f"measured-{t}-{t}": pytest.approx(top) for t, top in tops.items()}
