"""What a plan costs and can decide, worked out by hand and with SciPy from a made-up pilot."""

import numpy as np
import pytest
from scipy import stats
from support.made_studies import SHA, gains, plan, runs

from harness.campaign.study.tasks import PRETRAINING
from methods.catalogue import METHODS
from results.studies.arms import arms
from results.studies.measure import Matrix
from results.studies.planned.forecast import forecast

NOISE = np.array((-0.35, -0.25, -0.15, -0.05, 0.05, 0.15, 0.25, 0.35))  # of the made-up pairs


def timed(record, train, test):
    timings = record.timings.model_copy(update={"train_s": train, "test_s": test})
    return record.model_copy(update={"timings": timings})


def asked(pairs=10, pilot_pairs=8, **given):
    study = plan(arms=["two_stream", "mbd"], pairs=pairs, margin=0.5, seeds={1: "all", 2: 3}, **given)
    pilot = plan(name="pilot", arms=["two_stream", "mbd"], pairs=pilot_pairs)
    tested = [timed(record, 100.0, 20.0) for record in runs(pilot, gains({"mbd": 2.0}))]
    before = [
        timed(record, 300.0, 0.0).model_copy(
            update={"study": record.study.model_copy(update={"arm": PRETRAINING})}
        )
        for record in tested[:pilot_pairs]
    ]
    found = arms(study, METHODS.names()).arms
    return forecast(study, found, (pilot, [*before, *tested], Matrix.of(tested)))


def test_runs_and_hours_by_hand():
    """Ten pairs of two arms, and a second joint seed in three of them: 26 runs, ten pre-trainings."""
    found = asked()
    assert (found.runs, found.pretrainings, found.pilot_pairs) == (26, 10, 8)
    assert found.seconds == pytest.approx(26 * 120 + 10 * 300)


def test_without_a_pilot_only_the_runs_are_known():
    study = plan(arms=["two_stream", "mbd"], pairs=10)
    found = forecast(study, arms(study, METHODS.names()).arms, None)
    assert (found.runs, found.rows, found.seconds) == (20, (), None)


@pytest.mark.parametrize(
    ("more", "each"),
    [
        ({}, 1),  # the loss is of the joint part alone
        ({"local.backbone": "r2plus1d34"}, 2),
        ({"local.frames": 16, "global.frames": 16}, 2),
        ({"pretraining.both.train.epochs": 3}, 2),
    ],
    ids=str,
)
def test_an_arm_of_other_streams_has_pre_trainings_of_its_own(more, each):
    study = plan(arms=["two_stream", "mbd", {"mbd": {"kl_weight": 0.2, **more}}], pairs=10)
    assert forecast(study, arms(study, METHODS.names()).arms, None).pretrainings == 10 * each


def test_the_power_of_an_order_by_scipy():
    """One question in its table; the pilot's variance enters with its upper 80 % limit."""
    (row,) = asked().rows
    sd = np.std(NOISE, ddof=1)
    assert (row.margin, row.sd) == (0.5, pytest.approx(sd))
    variance = sd**2 * 7 / stats.chi2.ppf(0.2, 7)
    df, shift = 9, 0.5 / np.sqrt(variance / 10)
    assert row.chance == pytest.approx(1 - stats.nct.cdf(stats.t.ppf(0.975, df), df, shift), abs=1e-6)
    room = shift - stats.t.ppf(0.95, df)
    assert row.equal == pytest.approx(2 * stats.t.cdf(room, df) - 1, abs=1e-6)
    assert row.cells()[-1] == str(row.pairs)


def test_the_pairs_for_80_percent_are_the_fewest_that_have_it():
    (row,) = asked().rows
    variance = np.var(NOISE, ddof=1) * 7 / stats.chi2.ppf(0.2, 7)

    def least(pairs):
        shift, df = 0.5 / np.sqrt(variance / pairs), pairs - 1
        order = 1 - stats.nct.cdf(stats.t.ppf(0.975, df), df, shift)
        return min(order, 2 * stats.t.cdf(shift - stats.t.ppf(0.95, df), df) - 1)

    assert least(row.pairs) >= 0.8 > least(row.pairs - 1)


def test_a_pilot_that_is_too_small_or_of_another_kind_is_said():
    found = asked(pilot_pairs=5)
    assert found.rows[0].chance is None
    assert "the pilot has 5 pairs; power is told from 6 on" in found.problems
    (line,) = asked(precision="bf16").problems
    assert line == "the pilot has precision fp32, the plan bf16: its spread may be another one"


def test_an_arm_that_the_pilot_has_not_is_said():
    study = plan(arms=["two_stream", "mbd", "mutual"], pairs=10)
    pilot = plan(name="pilot", arms=["two_stream", "mbd"], pairs=8)
    tested = runs(pilot, gains({"mbd": 2.0}), SHA)
    found = forecast(study, arms(study, METHODS.names()).arms, (pilot, tested, Matrix.of(tested)))
    assert "1 of 2 planned orders have an arm that the pilot has not" in found.problems
    assert {row.sd is None for row in found.rows} == {True, False}
