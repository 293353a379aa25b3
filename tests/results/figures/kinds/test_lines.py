"""Lines over a number: where its values stand on a logarithmic axis."""

import numpy as np
import pytest
from support.made_records import made
from support.paper_folder import folder  # noqa: F401

from harness.papers.registry import PAPERS
from methods.catalogue import METHODS
from results.figures import catalogue
from results.figures.model import Source
from results.records import Loaded

WEIGHTS = (0, 0.5, 5, 50)


@pytest.fixture
def drawn(folder):  # noqa: F811
    """The figure over 0, 0.5, 5 and 50."""
    folder.change("tables.yaml", "t: [1, 2, 4]", f"t: {list(WEIGHTS)}").change(
        "tables.yaml", "{4: P06}", "{}"
    )
    folder.change("tables.yaml", "method.temperature={t}", "method.kl_weight={t}")
    folder.change("figures.yaml", "x: t\n", "x: t\n  log: true\n")
    PAPERS.load(folder.path)
    records = tuple(
        made({"average": 50.0 + t / 10}, f"method.kl_weight={t}", method="mutual", preset="ours/tiny")
        for t in WEIGHTS
    )
    sheet = catalogue.sheet("ours/temperatures", Source(Loaded(records, ()), methods=tuple(METHODS.names())))
    with catalogue.drawn(sheet) as figure:
        yield figure


def test_tenfold_weights_are_equally_far_apart_and_0_is_left_of_them(drawn):
    axes = drawn.axes[1]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "0.5", "5", "50"]
    drawn.canvas.draw()
    at = axes.transData.transform([(x, 50.0) for x in WEIGHTS])[:, 0]
    gaps = np.diff(at)
    assert gaps[0] > 0
    assert gaps[1] == pytest.approx(gaps[2])
