"""Two arms compared with whatever runs there are."""

import pytest
from scipy import stats
from support.made_records import made
from support.made_studies import gains, plan, runs

from results.statistics.power import pairs_needed
from results.studies.arms import Arm, typed
from results.studies.quick import compare, without_pair

GAPS = (1.0, 2.0, 0.5, 1.5)


def scratch(*pairs, gaps=GAPS, **more):
    records = []
    for seed, gap in enumerate(gaps):
        records.append(
            made({"average": 70.0, "adaptive": 70.0}, *pairs, method="two_stream", seed=seed, **more)
        )
        records.append(made({"average": 70.0, "adaptive": 70.0 + gap}, *pairs, seed=seed, **more))
    return records


def test_from_scratch_each_seed_is_a_pre_training_of_its_own():
    found = compare(scratch(), Arm("mbd"), Arm("two_stream"), pairs=3)
    assert found.found.differences.values == ((1.0,), (2.0,), (0.5,), (1.5,))
    assert found.found.p.direction == pytest.approx(stats.ttest_1samp(GAPS, 0).pvalue)
    assert found.lacking == ()
    variance = stats.tvar(GAPS) * 3 / stats.chi2.ppf(0.2, 3)
    assert found.needed == pairs_needed(1.0, variance, 1)


def test_runs_of_pre_trained_pairs_are_paired_by_pair_and_seed():
    study = plan(arms=["two_stream", "mbd"], pairs=3, seeds={1: "all", 2: 1})
    found = compare(runs(study, gains({"mbd": 2.0})), Arm("mbd"), Arm("two_stream"), pairs=5)
    assert [len(pair) for pair in found.found.differences.values] == [2, 1, 1]
    assert [(arm.name, count) for arm, count in found.lacking] == [("mbd", 3), ("two_stream", 3)]


def test_the_protocol_with_most_pairs_is_taken():
    records = scratch("train.epochs=3", gaps=(9.0,)) + scratch() + scratch("train.epochs=4", gaps=(8.0, 8.0))
    assert compare(records, Arm("mbd"), Arm("two_stream"), 3).found.differences.pairs == 4


def test_what_one_arm_names_the_other_has_as_usual():
    frames = [made({"adaptive": 65.0}, "local.frames=4", seed=seed) for seed in range(4)]
    found = compare(scratch() + frames, typed("mbd:local.frames=4"), Arm("mbd"), 3).found
    assert found.differences.values == ((-6.0,), (-7.0,), (-5.5,), (-6.5,))
    settings = [made({"adaptive": 60.0}, "method.final=false", seed=seed) for seed in range(2)]
    found = compare(scratch() + settings, Arm("mbd"), typed("mbd:final=false"), 3)
    assert found.found.differences.values == ((11.0,), (12.0,))
    assert [(arm.name, count) for arm, count in found.lacking] == [("mbd, final=false", 2)]


def test_nothing_in_common():
    found = compare(scratch(gaps=(1.0,))[:1], Arm("mbd"), Arm("two_stream"), 2)
    assert (found.found, found.needed) == (None, None)
    assert [(arm.name, count) for arm, count in found.lacking] == [("mbd", 0), ("two_stream", 1)]
    assert compare([], Arm("mbd"), Arm("two_stream"), 1).runs == ()


def test_a_record_as_another_pair_would_be_made():
    (first, *_) = runs(plan(arms=["two_stream"], pairs=1), gains({}))
    first.config["local"]["weights"] = "run:0123456789ab"
    bare = without_pair(first).config
    assert (bare["local"]["weights"], bare["data"]["settings"]) == (None, {})
    assert first.config["local"]["weights"] == "run:0123456789ab"
