"""Words of two axes, costs at their tolerance, and counts of what is said."""

import pytest

from results import verdict as v
from results.claims.claims import by_id
from results.verdict import Verdict, cost_verdict, counts, elsewhere


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
