"""Few classes as rows under their names, many as points."""

from dataclasses import replace

import pytest

from results.figures import catalogue
from results.figures.model import Sheet
from results.figures.per_class import MOST_ROWS


def sheet(count):
    classes = [
        {"class": f"class {n}", "videos": 9, "local": float(n), "global": -float(n), "local_half": 150.0,
         "global_half": 1.0}
        for n in range(count)
    ]  # fmt: skip
    return Sheet("per-class", "Gain", {"baseline": "two_stream", "seeds": 3, "classes": classes})


def test_rows_have_every_name_and_the_largest_gain_first():
    with catalogue.drawn(sheet(MOST_ROWS)) as figure:
        names = [each.get_text() for each in figure.axes[0].get_yticklabels()]
        (line,) = figure.findobj(lambda each: each.get_gid() == "gains-local")
        assert sorted(names) == sorted(f"class {n}" for n in range(MOST_ROWS))
        assert [f"class {x:.0f}" for x in line.get_xdata()] == names
        ends = [segment[:, 0] for segment in figure.axes[0].collections[0].get_segments()]
    assert min(end.min() for end in ends) == -100  # a gain cannot be more than all videos
    assert max(end.max() for end in ends) == 100


@pytest.mark.parametrize("seeds", [2, 3])
def test_many_are_points_and_the_furthest_are_named(seeds):
    made = sheet(MOST_ROWS + 1)
    with catalogue.drawn(replace(made, data={**made.data, "seeds": seeds})) as figure:
        (axes,) = figure.axes
        named = [each.get_text() for each in axes.texts]
        assert f"class {MOST_ROWS}" in named
        assert "class 1" not in named
