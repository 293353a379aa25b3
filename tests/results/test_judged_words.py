"""What a verdict says beside its word: of other data, of streams and runs that cannot be used, of top-k."""

import pytest
from support.made_records import from_pair, made
from support.made_studies import SHA, plan, runs

from methods.catalogue import METHODS
from results import verdict as v
from results.claims.claims import Claim, by_id
from results.judge import Evidence, judge
from results.studies.analysis import analyse

KNOWN = METHODS.discover().names()


def judged(claim_id, records=(), **more):
    return judge([by_id()[claim_id]], Evidence(records, KNOWN, **more))[claim_id]


def alignment(k=5, **given):
    """A complete study of Table 3's orders. k: what its "top5" is."""
    planned = plan(paper="mbd", tables=["alignment"], **given)
    records = runs(planned, lambda *_: {"average": 70.0, "adaptive": 70.0})
    for record in records:
        for rule, found in record.metrics.fusion.items():
            record.metrics.fusion[rule] = found.model_copy(update={"k": k})
    return analyse(planned, SHA, records, KNOWN)


@pytest.mark.parametrize(("k", "said"), [(5, ""), (2, "; top5 is top-2 here: top-5 could hardly fail")])
def test_a_study_says_what_its_top5_is(k, said):
    why = judged("C21d", studies=[alignment(k)]).why
    assert "top-" not in why.replace(said, "")
    assert said in why


@pytest.mark.parametrize("other", ["hmdb51", "ucf101"])  # before and after "kinetics400"
def test_other_data_weighs_less_whatever_its_name(other):
    its, elsewhere = alignment(dataset="kinetics400"), alignment(dataset=other)
    for order in ([its, elsewhere], [elsewhere, its]):
        assert judged("C21d", studies=order).dataset == "kinetics400"


def test_a_number_to_be_below_under_the_papers_protocol():
    """C16a has the number alone on its right: 80.9, and no other paper's."""
    record = made({"average": 80.0}, "method.teacher=local", "method.final=false", method="unidirectional",
                  preset="paper", dataset="kinetics400", split="val")  # fmt: skip
    found = judged("C16a", [from_pair(record, 1)])
    assert (found.verdict, found.measured) == (v.NO_STUDY, pytest.approx(80.0))
    assert found.why == "measured +80.00 (n = 1), against 80.9; runs of no study decide no order"


def test_the_latest_run_on_other_data_is_named():
    """C35 is of Kinetics' videos."""
    names = ("hmdb51", "ssv2", "ucf101")
    records = [made({"adaptive": 1.0}, dominance=40, dataset=name, split="1") for name in names]
    found = judged("C35", records)
    assert (found.verdict, found.why) == (
        v.NOT_COMPARABLE,
        "a statement about the videos of kinetics400; run on ucf101",
    )


def test_a_claimed_difference_needs_both_sides_and_is_of_the_paired_runs():
    on = {"preset": "paper", "dataset": "kinetics400", "split": "val"}
    row = {"paper": "mbd", "where": "here", "provenance": "reported", "dataset": "kinetics400"}
    said = {"setting": "mbd", "metric": "adaptive.top1", "relation": "=", "than": "two_stream @ average.top1"}
    asked = Claim.model_validate({"id": "X", **row, **said, "value": "2.6"})
    ours = [from_pair(made({"adaptive": 83.0 + n / 10}, seed=n, **on), n) for n in range(5)]
    theirs = [made({"average": 80.4 + n / 10}, method="two_stream", seed=n, **on) for n in range(5)]
    alone = judge([asked], Evidence(ours, KNOWN))["X"]
    assert (alone.verdict, alone.why) == (v.NOT_RUN, "no run of two_stream average.top1")
    both = [*ours, *(from_pair(record, n) for n, record in enumerate(theirs))]
    found = judge([asked], Evidence(both, KNOWN))["X"]
    assert (found.verdict, found.n, found.measured) == (v.REPRODUCED, 5, pytest.approx(2.6))
