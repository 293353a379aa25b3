"""Claims that studies decide, or do not yet."""

from dataclasses import replace

import pytest
from support.made_studies import CONTROLS, SHA, analysed, gains, plan

from methods.catalogue import METHODS
from results import verdict as v
from results.claims.claims import by_id
from results.judge import Evidence, judge


def study(part="test", pairs=None, controls=CONTROLS, **points):
    truth = {"mbd": 2.0, "mbd, kl_weight=0.1": -4.0, "mbd, kl_weight=0.9": 4.0} | points
    planned = plan(paper="mbd", tables=["components"], controls=controls, part=part)
    return analysed(planned, gains(truth), pairs=pairs)


def by_study(claim_id, *studies):
    return judge([by_id()[claim_id]], Evidence([], METHODS.names(), studies=studies))[claim_id]


def test_a_complete_study_decides_the_orders_that_it_planned():
    found = by_study("C04e", study())
    assert (found.verdict, found.n, found.study) == (v.HOLDS, 8, "made")
    assert found.plan_sha256 == SHA
    assert "study made (plan ffffffffffff)" in found.why
    assert "± 0.20 over pre-trainings" in found.why
    assert (found.measured, found.half) == (pytest.approx(2.0), pytest.approx(0.204783, abs=1e-5))
    assert found.level == pytest.approx(0.05 / 8)
    assert len(found.runs) == 16
    assert v.elsewhere(found, "kinetics400") == " here, on localglobal"
    assert by_study("C03e", study()).evidence == found.evidence
    assert by_study("C09c", study()).verdict == v.NO_DIFFERENCE
    assert by_study("C05c", study(**{"mbd, final=false": -1.0})).verdict == v.DOES_NOT_HOLD


def test_why_there_is_no_other_word_is_said():
    found = by_study("C09c", study(controls=None))
    assert found.verdict == v.UNDECIDED
    assert "; within the margin, but the study has no controls; study made" in found.why
    assert "controls" not in by_study("C09c", study()).why


def test_a_study_under_way_is_an_interim_look():
    found = by_study("C04e", study(pairs=7))
    assert found.verdict == v.NO_STUDY
    assert "interim look at 42 of 48 runs: difference +1.95" in found.why
    assert found.level is None
    assert by_study("C04e", study(pairs=7), study()).verdict == v.HOLDS


def test_of_a_claim_of_several_orders_the_first_is_shown():
    """ "Above all others": each order has to hold; the others are counted."""

    def truth(arm, *_):
        return {"local": 60.0 - {"mbd, kl_weight=0.1": 1.0, "mbd, kl_weight=0.9": 3.0}.get(arm.name, 0.0)}

    planned = analysed(plan(paper="mbd", tables=["components"], controls=CONTROLS), truth)
    several = next(each for each in planned.answers if len(each.contrasts) > 1)
    claim_id = several.question.claims[0].id
    found, means = by_study(claim_id, planned), [each.differences.mean for each in several.contrasts]
    assert means == pytest.approx([1.0, 3.0])
    assert (found.measured, found.why[:16]) == (means[0], "difference +1.00")
    assert f"; the first of {len(several.contrasts)} orders; " in by_study(claim_id, planned).why
    assert "the first of" not in by_study("C04e", planned).why


def test_of_several_studies_that_on_the_claims_data_decides():
    """C04e is of Kinetics-400; one on other data says "here" at most. Else the one with a decision counts."""
    there = replace(study(mbd=-2.0), plan=plan(paper="mbd", tables=["components"], dataset="kinetics400"))
    for order in ([study(), there], [there, study()]):
        assert by_study("C04e", *order).verdict == v.DOES_NOT_HOLD
    lacking = replace(study(), answers=())
    for order in ([study(), lacking], [lacking, study()]):
        assert by_study("C04e", *order).verdict == v.HOLDS


def test_what_a_study_did_not_plan_is_not_decided_by_it():
    assert by_study("C21c", study()).verdict == v.NOT_RUN
