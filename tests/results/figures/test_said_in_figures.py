"""What labels and notes of figures say: orders in words, ranges once, what was not run or cannot be seen."""

import pytest
from support.made_records import made
from support.made_studies import CONTROLS, analysed, gains, plan

from methods.catalogue import METHODS
from results.claims.claims import by_id
from results.figures import catalogue, dominance
from results.figures.kinds.rows import _ranges
from results.figures.model import Source
from results.figures.orders import in_words
from results.records import Loaded


def source(records):
    return Source(Loaded(tuple(records), ()), (), tuple(METHODS.names()))


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ("C07d", "mbd without middle, average fusion > mbd without final, average fusion"),
        ("C16f", "unidirectional with teacher local, average fusion < two_stream, average fusion"),
        ("C21d", "mbd, adaptive fusion ≈ mbd with final loss mse, adaptive fusion, top-5"),
        ("C37a", "mbd, local stream alone > two_stream, local stream alone"),
    ],
)
def test_orders_are_said_in_words(claim, words):
    assert in_words(by_id()[claim]) == words


def test_a_range_of_rows_under_each_other_is_one_area():
    one, other, number = ({"low": a, "high": b} for a, b in ((1, 2), (1, 3), (5, 5)))
    assert _ranges([(0, one), (1, one), (2, other), (3, number), (5, one)]) == [
        (0, 1, 1, 2),
        (2, 2, 1, 3),
        (5, 5, 1, 2),
    ]


def test_rows_that_no_arm_of_a_study_is_of_are_named():
    planned = plan(tables=["teachers"], pairs=2, controls=CONTROLS)
    study = analysed(planned, gains({}))
    records = [record for name in study.matrix.runs for record in study.matrix.records(name)]
    some = [each for each in records if each.config["method"]["name"] != "unidirectional"]
    notes = catalogue.sheet("teachers", source(some)).notes
    (line,) = [note for note in notes if note.startswith("not run, since the study has no such arm: ")]
    assert "final: global stream teaches" in line
    assert "no distillation" not in line


def test_the_note_of_gains_says_what_a_stream_cannot_see():
    def notes(dataset):
        runs = [made({"average": 60.0}, method=name, dataset=dataset) for name in ("two_stream", "mbd")]
        return " ".join(catalogue.sheet("per-class", source(runs)).notes)

    assert "rows: from the largest sum" in notes("localglobal")
    assert "the local stream cannot see" in notes("localglobal")
    assert "cannot see" not in notes("folder")


def test_the_names_of_the_halves_lie_outside_the_points():
    points = [{"video": "a", "m_local": 0.1, "m_global": 0.2, "kind": "both right"}]
    figure = dominance.draw(dominance.Sheet("dominance", "t", {"points": points}, []))
    (axes,) = figure.axes
    halves = [each for each in axes.texts if each.get_text().endswith("stream dominates")]
    assert len(halves) == 2
    assert all(max(each.get_position()) > 1 for each in halves)
