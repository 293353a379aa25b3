"""Words of two axes, costs at their tolerance, and counts of what is said."""

import pytest

from results import verdict as v
from results.claims.claims import by_id
from results.verdict import Verdict, cost_verdict, counts, decided_elsewhere, elsewhere


def test_the_axes_share_no_word():
    assert len(set(v.VERDICTS)) == len(v.VERDICTS) == sum(map(len, v.AXES.values()))
    assert Verdict(v.HOLDS, "").axis == Verdict(v.NOT_RUN, "").axis == v.MEASURED
    assert Verdict(v.ADDS_UP, "").axis == v.CHECKED
    assert Verdict(v.NO_VERDICT, "").axis == v.NEITHER


@pytest.mark.parametrize(
    ("counted", "relation", "claimed", "word"),
    [
        (10.49, "=", 10.0, v.COST_AGREES),
        (10.51, "=", 10.0, v.COST_DIFFERS),
        (9.49, "=", 10.0, v.COST_DIFFERS),
        (9.9, "<", 10.0, v.COST_AGREES),
        (10.0, "<", 10.0, v.COST_DIFFERS),
        (10.0, ">", 10.0, v.COST_DIFFERS),
        (10.1, ">", 10.0, v.COST_AGREES),
    ],
)
def test_costs_at_the_edges(counted, relation, claimed, word):
    found = cost_verdict(counted, relation, claimed)
    assert (found.verdict, found.measured) == (word, counted)


@pytest.mark.parametrize(
    ("counted", "relation", "claimed", "said"),
    [
        (10.49, "=", 10.0, "counted 10.49, claimed 10 (+4.9%, tolerance 5%)"),
        (9.0, "=", 10.0, "counted 9, claimed 10 (−10.0%, tolerance 5%)"),
        (9.9, "<", 10.0, "counted 9.9, claimed < 10"),
        (10.1, ">", 10.0, "counted 10.1, claimed > 10"),
    ],
)
def test_what_is_said_of_a_cost(counted, relation, claimed, said):
    assert cost_verdict(counted, relation, claimed).why == said


def test_what_was_decided_elsewhere_is_counted_by_place():
    """C03e and C04e rest on the same runs here; a decision on the data that a claim is about is none."""
    here = Verdict(v.HOLDS, "", dataset="localglobal standard", evidence="same")
    there = [(by_id()[n], Verdict(v.HOLDS, "", dataset=f"{by_id()[n].dataset} x")) for n in ("C03e", "C04e")]
    other = Verdict(v.NO_DIFFERENCE, "", dataset="folder x", evidence="other")
    open_ = Verdict(v.UNDECIDED, "", dataset="localglobal standard", evidence="open")
    judged = [(by_id()[name], verdict) for name in ("C03e", "C04e") for verdict in (here, open_)]
    judged += [*there, (by_id()["C05c"], other)]
    assert decided_elsewhere(judged) == [("here, on localglobal", 1), ("here, on folder", 1)]


def test_what_was_measured_elsewhere_is_said_here():
    measured = Verdict(v.HOLDS, "", dataset="localglobal standard, preset tiny")
    assert elsewhere(measured, "kinetics400") == " here, on localglobal"
    assert elsewhere(measured, "localglobal") == elsewhere(measured, "") == ""
    assert elsewhere(Verdict(v.NO_STUDY, "", dataset="localglobal"), "kinetics400") == ""
    assert elsewhere(Verdict(v.COST_AGREES, ""), "kinetics400") == ""


def test_claims_on_the_same_runs_count_once():
    same = Verdict(v.HOLDS, "", evidence="mbd > two_stream")
    judged = [(by_id()[name], same) for name in ("C03e", "C04e")]
    judged += [(by_id()["C05c"], Verdict(v.HOLDS, "", evidence="other"))]
    judged += [(by_id()[name], Verdict(v.ADDS_UP, "")) for name in ("C03c", "C04c")]
    found = counts(judged)
    assert found[v.MEASURED] == {v.HOLDS: 2}
    assert found[v.CHECKED] == {v.ADDS_UP: 2}
    assert found[v.NEITHER] == {}
