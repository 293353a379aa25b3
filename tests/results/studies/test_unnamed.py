"""Arms differ in nothing but what they name: of plans, and of the records that were made."""

import pytest
from support.made_studies import CONTROLS, SHA, gains, plan, run, runs

from harness.config.difference import differences, flatten
from harness.record.schema import Pair
from methods.catalogue import METHODS, uses_own_networks
from results.studies.arms import Arm, arms, configuration
from results.studies.measure import Matrix
from results.studies.unnamed import unnamed_differences

TABLES = ["components", "teachers", "alignment", "fusion", "methods", "networks", "loss-weights"]
STUDY = plan(arms=["two_stream", "mbd"], pairs=1)


def told(**changed):
    """Of two_stream and mbd in one pair, where mbd's record is changed."""
    first, second = (run(STUDY, Arm(name), 0, 1, {}, SHA) for name in ("two_stream", "mbd"))
    return unnamed_differences(
        Matrix.of([first, second.model_copy(update=changed)]), [Arm("two_stream"), Arm("mbd")]
    )


def test_every_arm_of_the_papers_tables_differs_in_what_it_names_alone():
    study = plan(tables=TABLES, controls=CONTROLS)
    planned = arms(study, METHODS.names()).arms
    base = flatten(configuration(study, Arm("two_stream")).plain())
    for arm in planned:
        named = {pair.partition("=")[0] for pair in arm.pairs}
        own = flatten(configuration(study, arm).plain())
        changed = {key for key in differences(base, own) if not key.startswith(("method.", "fusion."))}
        streams = {key.partition(".")[0] for key in named if key.endswith(".backbone")}
        unnamed = {k for k in changed - named if k.partition(".")[0] not in streams}
        assert not unnamed or uses_own_networks(arm.method), arm.name


def test_alike_runs_are_silent():
    study = plan(tables=["components", "networks"], controls=CONTROLS, pairs=2)
    records = runs(study, gains({}))
    assert unnamed_differences(Matrix.of(records), list(arms(study, METHODS.names()).arms)) == []
    assert told() == []


def changed_config(**settings):
    config = run(STUDY, Arm("mbd"), 0, 1, {}, SHA).config
    return config | {"train": config["train"] | settings}


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"config": changed_config(lr=0.5)}, "train.lr"),
        ({"precision": "bf16"}, "precision"),
        ({"environment": {"torch": "9.9"}}, "torch"),
    ],
)
def test_what_is_not_named_is_told(changed, what):
    assert told(**changed) == [f"mbd differs from two_stream in {what}"]


def test_another_pre_trained_pair_is_told():
    starts = run(STUDY, Arm("mbd"), 0, 1, {}, SHA).starts_from
    other = starts.model_copy(update={"pair": Pair(id="another", seed=7)})
    assert told(starts_from=other) == ["mbd differs from two_stream in pre-trained pair"]


def test_other_videos_are_told_unless_the_arm_names_them():
    data = run(STUDY, Arm("mbd"), 0, 1, {}, SHA).data.model_copy(update={"fingerprint": "other"})
    assert told(data=data) == ["mbd differs from two_stream in videos"]
    more = Arm("mbd", ("data.settings.clips=9",))
    first = run(STUDY, Arm("two_stream"), 0, 1, {}, SHA)
    second = run(STUDY, Arm("mbd"), 0, 1, {}, SHA)
    study = second.study.model_copy(update={"arm": more.name})
    second = second.model_copy(update={"data": data, "study": study})
    assert unnamed_differences(Matrix.of([first, second]), [Arm("two_stream"), more]) == []
