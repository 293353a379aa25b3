"""Runs of one seed that start from different pre-trained pairs: none stands for another, and none is paired
with another's."""

import pytest
from scipy import stats
from support.made_records import VIDEOS, from_pair, made
from support.made_tables import row, table

from results.claims.side import Side
from results.matching import pairings
from results.statistics.starts import Start, measured, nested

MBD, PLAIN = (Side.parse(f"{name} @ average.top1") for name in ("mbd", "two_stream"))


def runs(method, values, **more):
    """All of joint seed 0: {number of the pair: top-1}."""
    return [from_pair(made({"average": v}, method=method, **more), pair) for pair, v in values.items()]


@pytest.mark.parametrize("turn", [1, -1])
def test_each_start_keeps_its_own_value(turn):
    found, _ = measured(runs("mbd", {1: 60.0, 2: 70.0, 3: 65.0})[::turn], "average.top1")
    assert found == {Start(0, f"{pair:012x}"): value for pair, value in {1: 60.0, 2: 70.0, 3: 65.0}.items()}


def test_from_scratch_each_seed_is_a_pre_training():
    records = [made({"average": value}, seed=seed) for seed, value in enumerate((60.0, 70.0))]
    found = nested(*measured(records, "average.top1"))
    assert found.values == ((60.0,), (70.0,))
    joint = [from_pair(record, 1) for record in records]
    assert nested(*measured(joint, "average.top1")).values == ((60.0, 70.0),)


def test_one_video_is_not_counted_for_each_pair():
    """Of 10,000 videos one is 0.01 points, however many pairs there are."""
    for pairs in ({1: 60.0}, {1: 60.0, 2: 70.0}):
        assert measured(runs("mbd", pairs), "average.top1")[1] == pytest.approx(100 / VIDEOS)
    assert measured(runs("mbd", {1: 60.0}), "nobody.top1") == ({}, 0.0)


@pytest.mark.parametrize("turn", [1, -1])
def test_a_table_averages_over_pairs_of_one_seed(turn):
    values = {1: 60.0, 2: 70.0, 3: 65.0, 4: 66.0}
    cell = row(table("fusion", runs("mbd", values)[::turn]), "average")["top-1 measured ↑"]
    low, high = stats.t.interval(0.95, 3, loc=65.25, scale=stats.sem([*values.values()]))
    assert (cell.value, cell.low, cell.high, cell.n) == pytest.approx((65.25, low, high, 4))


@pytest.mark.parametrize("turn", [1, -1])
def test_a_claim_compares_what_starts_from_the_same_pair(turn):
    both = [*runs("mbd", {1: 60.0, 2: 70.0}), *runs("two_stream", {2: 69.0, 1: 63.0, 5: 10.0})]
    (found,) = pairings(both[::turn], MBD, PLAIN)
    assert sorted(found.differences) == [-3.0, 1.0]


def test_runs_of_one_seed_from_different_pairs_are_not_compared():
    assert pairings([*runs("mbd", {1: 60.0}), *runs("two_stream", {2: 69.0})], MBD, PLAIN) == []
