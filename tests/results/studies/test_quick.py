"""Two arms compared with whatever runs there are."""

from math import fsum

import pytest
from scipy import stats
from support.made_records import made
from support.made_studies import gains, plan, runs

from harness.cli.compare import CompareOptions, _others
from results.statistics.nested import Nested
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


def test_values_that_cancel_are_equal():
    """73.68 − 71.05 and 71.05 − 73.68 in other digits: 19 of 38 videos and so on leave 1e-15 points."""
    left, right = Nested.of([[100 * n / 38] for n in (28, 23, 20)]), (27, 22, 22)
    gaps = [[pair[0] - 100 * n / 38] for pair, n in zip(left.values, right, strict=True)]
    assert fsum(gap for (gap,) in gaps) != 0
    assert Nested.of(gaps, 100 / 38).mean == 0
    assert Nested.of([[1e-6]]).mean == 1e-6


def test_other_settings_that_read_the_same_are_one_line():
    options = CompareOptions("mbd", "two_stream", 3, "own.top1", 1.0, (), None, False)
    own = [made({"average": 70.0}, dataset="folder", split="1", method="two_stream", seed=n) for n in (0, 1)]
    own[1].data.fingerprint = "other videos"  # another protocol of the same name
    found = compare([*scratch(), *own], Arm("mbd"), Arm("two_stream"), 3)
    assert len(found.others) == 2
    _, *lines = _others(found, options)
    (line,) = [line for line in lines if "folder" in line]
    assert line.endswith(": 0 runs of mbd, 2 of two_stream, in 2 settings (--dataset folder)")
