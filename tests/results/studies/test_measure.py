"""The matrix of a study's runs, against values written down by hand."""

import pytest
from support.made_records import VIDEOS, made
from support.made_studies import SHA, plan, run

from results.studies.arms import Arm
from results.studies.measure import Matrix, Output

STUDY = plan(arms=["mbd", "two_stream"], pairs=2, seeds={1: "all", 2: 1})


def record(name, pair, seed, **top1):
    return run(STUDY, Arm(name), pair, seed, top1, SHA)


def matrix():
    return Matrix.of(
        [
            record("mbd", 0, 1, adaptive=72.0, average=71.0, local=50.0),
            record("mbd", 0, 2, adaptive=74.0),
            record("mbd", 1, 1, adaptive=69.0),
            record("two_stream", 0, 1, adaptive=70.0, average=70.5),
            record("two_stream", 1, 1, adaptive=70.0),
            made({"adaptive": 1.0}),  # of no study
        ]
    )


def test_values_by_pair_and_joint_seed():
    assert matrix().values(Output("mbd", "adaptive.top1")) == {(0, 1): 72.0, (0, 2): 74.0, (1, 1): 69.0}
    assert matrix().values(Output("mbd", "local.top1"))[0, 1] == 50.0
    assert matrix().values(Output("nobody")) == {}


def test_the_headline_is_the_arms_own_rule():
    """MBD fuses adaptively, two_stream by the average."""
    assert matrix().values(Output("mbd"))[0, 1] == 72.0
    assert matrix().values(Output("two_stream"))[0, 1] == 70.5


def test_differences_are_paired_by_pair_and_seed():
    found = matrix().differences(Output("mbd", "adaptive.top1"), Output("two_stream", "adaptive.top1"))
    assert found.values == ((2.0,), (-1.0,))
    assert found.resolution == pytest.approx(100 / VIDEOS)
    rules = matrix().differences(Output("mbd", "adaptive.top1"), Output("mbd", "average.top1"))
    assert rules.values == ((1.0, 4.0), (-1.0,))  # the made-up average is 70 where none is given


def test_differences_to_a_share():
    found = matrix().differences(Output("mbd", "adaptive.top1"), 70.0)
    assert found.values == ((2.0, 4.0), (-1.0,))


def test_without_a_common_pair_there_is_none():
    only = Matrix.of([record("mbd", 0, 1, adaptive=72.0), record("two_stream", 1, 1, average=70.0)])
    assert only.differences(Output("mbd"), Output("two_stream")) is None
    assert only.nested(Output("mbd", "local.nothing")) is None


def test_of_a_run_made_twice_the_later_one_counts():
    first = record("mbd", 0, 1, adaptive=72.0)
    later = record("mbd", 0, 1, adaptive=60.0).model_copy(update={"finished": "2026-02-01T00:00:00+00:00"})
    for records in ([first, later], [later, first]):
        assert Matrix.of(records).values(Output("mbd")) == {(0, 1): 60.0}


def test_over_official_splits_the_mean_of_all_of_them():
    study = plan(arms=["mbd"], dataset="ucf101", pairs=1)

    def of_split(split, top1):
        made_run = run(study, Arm("mbd"), 0, 1, {"adaptive": top1}, SHA)
        return made_run.model_copy(update={"data": made_run.data.model_copy(update={"split": split})})

    records = [of_split(split, top1) for split, top1 in (("1", 90.0), ("2", 92.0), ("3", 97.0))]
    assert Matrix.of(records).values(Output("mbd")) == {(0, 1): pytest.approx(93.0)}
    assert Matrix.of(records[:2]).values(Output("mbd")) == {}
    assert Matrix.of(records).resolution(Output("mbd")) == pytest.approx(100 / (3 * VIDEOS))
