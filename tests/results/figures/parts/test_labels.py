"""Labels beside points, by matplotlib's own boxes."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from results.figures.parts.labels import label

PLACES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=5, unique=True)


def labelled(places):
    figure = Figure(figsize=(8, 8))
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set(xlim=(-3, 12), ylim=(-3, 12))
    made = label(axes, [(x, y, f"network {x}{y}") for x, y in places])
    figure.draw_without_rendering()
    return axes, [each.get_window_extent(figure.canvas.get_renderer()) for each in made]


@settings(max_examples=25, deadline=None)
@given(PLACES)
def test_no_label_covers_another_or_a_point(places):
    axes, boxes = labelled(places)
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    points = axes.transData.transform(places)
    assert not any(box.contains(*point) for box in boxes for point in points)


def test_a_free_label_stands_to_the_right():
    axes, (box,) = labelled([(2, 3)])
    x, y = axes.transData.transform((2, 3))
    assert x < box.x0 < x + 20
    assert (box.y0 + box.y1) / 2 == pytest.approx(y, abs=3)
