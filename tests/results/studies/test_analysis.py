"""What a study decided, of made-up runs with known truth."""

import pytest
from support.made_studies import CONTROLS, NOISE, SHA, analysed, gains, plan, runs

from methods.catalogue import METHODS
from results.statistics.orders import DOES_NOT_HOLD, HOLDS, HOLDS_SMALL, NO_DIFFERENCE, UNDECIDED
from results.studies.analysis import INTERIM, NOT_MEASURED, VALIDATION, analyse
from results.studies.measure import Matrix

FOUND = {"mbd, kl_weight=0.1": -4.0, "mbd, kl_weight=0.9": 4.0}
STUDY = plan(paper="mbd", tables=["components"], controls=CONTROLS)
TRUTH = FOUND | {"mbd": 2.0, "mbd, middle=false": 0.4, "mbd, final=false": -1.5}


def words(analysis):
    return {claim.id: answer.word for answer in analysis.answers for claim in answer.question.claims}


def test_words_of_a_complete_study():
    found = words(analysed(STUDY, gains(TRUTH)))
    assert (found["C03e"], found["C04e"]) == (HOLDS, HOLDS)
    assert found["C05c"] == DOES_NOT_HOLD
    assert found["C07c"] == HOLDS_SMALL
    assert found["C09c"] == NO_DIFFERENCE


def test_the_level_is_stepped_down_within_a_table():
    """Eight questions in Table 1; one of them, C07c, has nothing left to err in. Two on streams alone."""
    found = analysed(STUDY, gains(TRUTH))
    assert found.answer("C03e").level == pytest.approx(0.05 / 7)
    assert found.answer("C37a").level == 0.025
    assert found.answer("C12a") is None


@pytest.mark.parametrize(
    ("controls", "points", "why"),
    [
        (None, {}, "within the margin, but the study has no controls"),
        (CONTROLS, {"mbd, kl_weight=0.1": -0.5}, "within the margin, but controls not found"),
        (CONTROLS, {"mbd, kl_weight=0.9": 0.5}, "within the margin, but controls not found"),
    ],
)
def test_no_difference_is_said_only_where_controls_are_found(controls, points, why):
    study = plan(paper="mbd", tables=["components"], controls=controls)
    found = analysed(study, gains(TRUTH | points))
    assert (found.answer("C09c").word, found.answer("C09c").why) == (UNDECIDED, why)
    assert words(found)["C05c"] == DOES_NOT_HOLD  # a difference that was found needs no control
    assert words(found)["C07c"] == HOLDS_SMALL


def test_about_equal_needs_controls_too():
    for controls, word in ((CONTROLS, HOLDS), (None, UNDECIDED)):
        study = plan(paper="mbd", tables=["alignment"], controls=controls)
        assert words(analysed(study, gains(FOUND)))["C21d"] == word


def test_an_incomplete_study_gives_no_verdict():
    found = analysed(STUDY, gains(TRUTH), pairs=7)
    assert set(words(found).values()) == {INTERIM}
    assert not found.complete
    assert found.state == "42 of 48 runs"
    assert found.missing[0] == ("two_stream", 7, 1)
    assert found.answer("C03e").contrasts[0].differences.pairs == 7
    assert found.answer("C03e").level is None


def test_a_study_on_validation_clips_gives_no_verdict():
    study = plan(paper="mbd", tables=["components"], controls=CONTROLS, part="validation")
    assert set(words(analysed(study, gains(TRUTH))).values()) == {VALIDATION}


def test_records_of_another_version_of_the_plan_do_not_count():
    found = analyse(STUDY, "0" * 64, runs(STUDY, gains(TRUTH)), METHODS.names())
    assert found.state == "0 of 48 runs"
    assert found.problems == ("48 records of study made were made by another version of its plan",)


def test_a_metric_that_not_every_run_has_is_not_measured():
    def truth(arm, pair, seed):
        rules = {"weighted": 60.0} if pair else {}
        return gains(TRUTH)(arm, pair, seed) | rules

    found = words(analysed(plan(paper="mbd", tables=["fusion"], controls=CONTROLS), truth))
    assert found["C23c"] == NOT_MEASURED
    assert found["C23d"] == NOT_MEASURED
    assert found["C23b"] == NO_DIFFERENCE


def test_arms_that_were_not_planned_are_told():
    other = plan(paper="mbd", tables=["alignment"])
    more = [r for r in runs(other, gains({})) if r.study.arm == "mbd, final_loss=mse"]
    found = analyse(STUDY, SHA, [*runs(STUDY, gains(TRUTH)), *more], METHODS.names())
    assert found.problems == ("not planned: arm mbd, final_loss=mse",)
    assert found.complete


def test_second_seeds_in_some_pairs_are_planned_cells():
    study = plan(arms=["two_stream", "mbd"], seeds={1: "all", 2: 3})
    found = analysed(study, gains({"mbd": 3.0}))
    assert found.planned == 22
    assert [len(pair) for pair in found.answers[0].contrasts[0].differences.values] == [2] * 3 + [1] * 5
    assert found.answers[0].word == HOLDS


def test_power_is_told_from_the_pilots_spread():
    """Differences of a pilot of 8 pairs: s² = 0.06 between, one question at 0.05."""
    pilot = Matrix.of(runs(plan(arms=["mbd", "two_stream"]), gains({"mbd": 1.0})))
    study = plan(arms=["mbd", "two_stream"], pairs=5)
    found = analyse(study, SHA, runs(study, gains({"mbd": 1.0})), METHODS.names(), pilot)
    power = found.answers[0].contrasts[0].power
    assert 0.9 < power.order <= 1
    assert power.pairs <= 5
    few = Matrix.of(runs(plan(arms=["mbd", "two_stream"], pairs=5), gains({"mbd": 1.0})))
    without = analyse(study, SHA, runs(study, gains({})), METHODS.names(), few)
    assert without.answers[0].contrasts[0].power is None  # of five pairs there is no pilot


def test_what_one_run_shows():
    def truth(arm, pair, seed):
        value = 70 + 10 * NOISE[pair] * (arm.name == "mbd")
        return {"average": value, "adaptive": value}

    found = analysed(plan(arms=["two_stream", "mbd"]), truth).answers[0].contrasts[0]
    assert found.showing == (4, 8)
    assert found.deviations() == (pytest.approx(2.449490), None)
