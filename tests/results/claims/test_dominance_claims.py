"""Claims on who dominates: of the claim's own data set, and of single classes of it."""

import pytest
from support.made_records import made, share

from methods.catalogue import METHODS
from results.claims.claims import by_id
from results.judge import Evidence, judge
from results.records import measure
from results.verdict import NOT_COMPARABLE, NOT_RUN

NOISE = (-0.2, 0.1, 0.0, 0.2, -0.1)


def of_classes(seed, split="1", dataset="ucf101", **classes):
    """A run in which that percentage of a class's videos is dominated by the local stream."""
    record = made({"adaptive": 1.0}, seed=seed, dataset=dataset, split=split, dominance=40)
    facts = record.metrics.dominance.model_dump() | {
        "local_per_class": {name: share(percent) for name, percent in classes.items()}
    }
    metrics = record.metrics.model_copy(
        update={"dominance": type(record.metrics.dominance).model_validate(facts)}
    )
    return record.model_copy(update={"metrics": metrics, "id": f"{seed}{split}{dataset}"})


def judged(key, records):
    return judge([by_id()[key]], Evidence(records, METHODS.names()))[key]


def test_the_share_of_a_class():
    record = of_classes(0, Rafting=30.0, JumpRope=70.0)
    assert measure(record, "dominance.local[Rafting]") == 30.0
    assert measure(record, "dominance.local") == 40.0
    assert measure(record, "dominance.local[Rowing]") is None
    assert measure(record, "dominance.agreement[Rafting]") is None


def test_a_class_is_judged_by_the_mean_over_the_official_splits():
    """(70 + 61 + 64) / 3 = 65 percent of JumpRope's videos: 15 above half of them."""
    records = [
        of_classes(seed, split, JumpRope=percent + noise, Rafting=35.0 + noise)
        for seed, noise in enumerate(NOISE)
        for split, percent in (("1", 70.0), ("2", 61.0), ("3", 64.0))
    ]
    jumping, rafting = judged("C36a", records), judged("C36d", records)
    assert (jumping.measured, jumping.n) == (pytest.approx(15.0), 5)
    assert rafting.measured == pytest.approx(-15.0)
    assert judged("C36b", records).verdict == NOT_RUN
    assert "do not contain dominance.local[PullUps]" in judged("C36b", records).why


@pytest.mark.parametrize("key", ["C35", "C36a"])
def test_of_a_data_set_other_data_says_nothing(key):
    other = [of_classes(seed, "standard", "localglobal", JumpRope=90.0) for seed in range(5)]
    found = judged(key, other)
    assert found.verdict == NOT_COMPARABLE
    assert found.why.endswith("; run on localglobal")
    assert f"--dataset {by_id()[key].dataset}" in found.command
    assert judged(key, []).verdict == NOT_RUN
