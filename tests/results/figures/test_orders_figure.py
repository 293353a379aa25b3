"""The figure of all orders: which claims are in it, in which direction, with which margin and mark."""

import pytest
from support.made_records import made
from support.made_studies import CONTROLS, analysed, gains, plan

from backbones.base.errors import UserError
from methods.catalogue import METHODS
from results import verdict as v
from results.claims.claims import by_id, claims
from results.figures import catalogue, orders
from results.figures.model import Source
from results.judge import Evidence, judge
from results.records import Loaded

TRUTH = {"mbd": 2.0, "mbd, kl_weight=0.1": -4.0, "mbd, kl_weight=0.9": 4.0}


def sheet(pairs=None, **points):
    planned = plan(paper="mbd", tables=["components"], controls=CONTROLS)
    study = analysed(planned, gains(TRUTH | points), pairs=pairs)
    found = claims()
    return orders.of_judged(found, judge(found, Evidence([], METHODS.names(), studies=[study])), [study])


def rows(made_sheet):
    return {row["claims"][0]: row for row in made_sheet.data["orders"]}


def test_one_row_for_claims_of_one_comparison_with_the_interval_of_their_verdict():
    found = rows(sheet())
    row = found["C03e"]
    assert row["claims"] == ["C03e", "C04e"]  # the same order on two data sets
    assert (row["verdict"], row["n"], row["margin"]) == (v.HOLDS, 8, 1.0)
    assert (row["value"], row["high"] - row["value"]) == (pytest.approx(2.0), pytest.approx(0.2048, abs=1e-4))


def test_a_study_under_way_is_said_to_be_one():
    interim = "INTERIM LOOK at study made, 42 of 48 runs: it gives no verdict"
    assert interim in sheet(pairs=7).notes
    assert {row["verdict"] for row in sheet(pairs=7).data["orders"]} == {v.NO_STUDY}
    assert not [note for note in sheet().notes if "INTERIM" in note]


def test_right_is_as_claimed_whichever_way_the_claim_is_written():
    """C16f claims that the local teacher is worse than none: a negative difference is as claimed."""
    records = [
        made({"average": top}, *pairs, method=method, seed=seed)
        for seed in range(3)
        for top, method, *pairs in ((60.0, "two_stream"), (57.0, "unidirectional", "method.teacher=local"))
    ]
    assert by_id()["C16f"].relation == "<"
    judged = judge(claims(), Evidence(records, METHODS.names()))
    row = rows(orders.of_judged(claims(), judged, []))["C16f"]
    assert (row["value"], row["verdict"], row["margin"]) == (pytest.approx(3.0), v.NO_STUDY, None)


def test_each_verdict_has_its_mark_and_stands_where_its_number_is():
    made_sheet = sheet(**{"mbd, final=false": -1.0})
    with catalogue.drawn(made_sheet) as figure:
        found = {
            artist.get_gid(): artist.get_xdata()
            for artist in figure.findobj(lambda each: str(each.get_gid() or "").startswith("orders-"))
        }
    for verdict, drawn in found.items():
        wanted = [r["value"] for r in made_sheet.data["orders"] if f"orders-{r['verdict']}" == verdict]
        assert list(drawn) == pytest.approx(wanted)
    assert {f"orders-{word}" for word in (v.HOLDS, v.DOES_NOT_HOLD)} <= set(found)
    assert sum(map(len, found.values())) == len(made_sheet.data["orders"])
    marks = [(look["color"], look["marker"], look.get("markerfacecolor")) for look in orders.LOOKS.values()]
    assert len(set(marks)) == len(marks)


def test_without_a_measured_order_a_line_says_what_makes_one():
    with pytest.raises(UserError, match="no order has been measured; 'harness run"):
        catalogue.sheet("orders", Source(Loaded((), ()), methods=tuple(METHODS.names())))
