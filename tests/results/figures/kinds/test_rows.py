"""Rows as lying bars: which row the differences are taken to."""

import pytest
from support.made_records import made
from support.paper_folder import folder  # noqa: F401

from harness.papers.registry import PAPERS
from methods.catalogue import METHODS
from results.figures import catalogue
from results.figures.model import Source
from results.records import Loaded


@pytest.mark.parametrize(("baseline", "label"), [(0, "two streams"), (1, "mutual learning")])
def test_differences_are_to_the_tables_baseline_and_say_so(folder, baseline, label):  # noqa: F811
    PAPERS.load(folder.change("tables.yaml", "main:\n", f"main:\n  baseline: {baseline}\n").path)
    records = tuple(
        made({"average": top1 + seed}, method=method, seed=seed, preset="ours/tiny")
        for method, top1 in (("two_stream", 50.0), ("mutual", 53.0))
        for seed in range(3)
    )
    sheet = catalogue.sheet("ours/gain", Source(Loaded(records, ()), methods=tuple(METHODS.names())))
    with catalogue.drawn(sheet) as figure:
        right = figure.axes[2]
        assert right.get_title(loc="left") == f"difference to {label}"
        (gap,) = (line for line in right.lines if line.get_marker() == "o")
        assert gap.get_xdata() == pytest.approx([3.0 if baseline == 0 else -3.0])
