"""Which videos a run is tested on and fits fusion rules on: test videos once, at the end, and no others."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from torch import nn

from backbones.base.errors import UsageError, UserError
from backbones.spec import LOCAL, FlowSpec
from harness.config.resolve import resolve
from harness.data.clips.dataset import TrainSampling
from harness.data.holdout import hold_out
from harness.data.index import Video, VideoIndex
from harness.evaluation.plan import evaluation_plan
from harness.execution.prepare import _resolved, _tested
from harness.record import reading
from harness.record.outputs import read
from harness.training.device import Device

ONE_STEP = ("train.epochs=1", "train.batch_size=16")
pytestmark = pytest.mark.usefixtures("no_costs")


def parts(stored):
    return {name.split("/")[0] for name in stored.ids}


def test_settings_are_chosen_on_validation_videos(tiny_run):
    """The record has their numbers in a place of its own, and none of test videos."""
    run = tiny_run("test.part=validation", "data.validation_per_class=1", *ONE_STEP)
    record = run.run_record()
    assert parts(read(run.outputs)) == {"validation"}
    assert record.data.found == {"train": 16, "validation": 16, "holdout": 0, "test": 0}
    assert record.metrics is None
    assert record.validation.local.top1.of == 12
    assert reading.on_validation(record).metrics == record.validation
    assert reading.tested(record) is None
    with pytest.raises(UserError, match="was not tested on test videos"):
        reading.read_record(run.record_path)


def test_rules_are_fitted_on_videos_of_their_own_seen_as_in_testing(tiny_run):
    """One rule that learns, with the run's own views: two of the local stream, one of the global one."""
    few = ("method.fusion=weighted", "fit.views=test", "test.store_maps=false")
    run = tiny_run(*few, "data.test_per_class=1", *ONE_STEP)
    held, stored = read(run.holdout_outputs), read(run.outputs)
    assert (parts(held), parts(stored)) == ({"fit"}, {"test"})
    for stream in ("local", "global"):
        name = f"{stream}.clip_hits"
        assert held.tensors[name].shape == stored.tensors[name].shape
    record = run.record()
    assert record.data.found == {"train": 16, "validation": 0, "holdout": 16, "test": 16}
    assert record.metrics.fusion["weighted"].fitted_on == 16
    assert "concat" not in {*record.metrics.fusion, *record.metrics.not_fused}, "fit.rules=own"


def views(plan):
    return {stream: (plan.test[stream], plan.held_out[stream]) for stream in ("local", "global")}


def test_the_views_that_rules_are_fitted_on():
    """tiny and genkd-tiny fit on the views of the test; a number is that of clips, centre crop."""
    same = ("test.local_clips=4", "test.global_clips=2", "test.crops=3")
    for preset in ("tiny", "genkd-tiny"):
        found = views(evaluation_plan(resolve(preset, {}, same)))
        assert all(test == held for test, held in found.values())
        assert (found["local"][0].clips, found["global"][0].clips, found["local"][0].crops) == (4, 2, 3)
    fewer = views(evaluation_plan(resolve("tiny", {}, [*same, "fit.views=2"])))
    assert [(held.clips, held.crops) for _, held in fewer.values()] == [(2, 1), (2, 1)]


def folder(groups, labels):
    train = tuple(
        Video(f"v{n}", None, label, group)
        for n, (group, label) in enumerate(zip(groups, labels, strict=True))
    )
    return VideoIndex("folder", "1", ("a", "b"), train, (Video("t", None, 0),), "")


def test_validation_and_held_out_videos_are_whole_groups_apart():
    whole = folder("aabbccddeeffgghhiijj", [0, 1] * 10)
    both = hold_out(hold_out(whole, 0.3, "validation"), 0.3)
    groups = [{v.group for v in part} for part in (both.train, both.validation, both.holdout)]
    assert not (groups[0] & groups[1]) | (groups[0] & groups[2]) | (groups[1] & groups[2])
    assert {*both.train, *both.validation, *both.holdout} == {*whole.train}
    assert (len(both.validation), both.taken) == (6, len(both.validation) + len(both.holdout))
    alone = hold_out(whole, 0.3)
    assert {v.group for v in alone.holdout} != groups[1], "drawn by a name of its own"


def test_validation_groups_that_leave_a_class_without_training_are_said():
    words = r"data\.validation=0\.4 leaves no training video of 1 classes \(b\)"
    with pytest.raises(UserError, match=words):
        hold_out(folder("ggggiii", [0, 0, 1, 1, 0, 0, 0]), 0.4, "validation")


def test_what_is_tested_by_the_part():
    index = replace(folder("ab", [0, 1]), validation=(Video("x", None, 0),))
    chosen = {
        part: _tested(resolve("tiny", {}, [f"test.part={part}"]), index)
        for part in ("test", "validation", "none")
    }
    assert {part: [v.id for v in videos] for part, videos in chosen.items()} == {
        "test": ["t"],
        "validation": ["x"],
        "none": [],
    }
    with pytest.raises(UsageError, match=r"test\.part=validation: folder has no validation videos"):
        _tested(resolve("tiny", {}, ["test.part=validation"]), folder("ab", [0, 1]))


@pytest.mark.parametrize(
    ("local", "same_clip", "named"),
    [
        (replace(LOCAL, modality="flow"), True, True),
        (replace(LOCAL, modality="flow"), False, False),
        (replace(LOCAL, flow=FlowSpec(stack=10)), True, False),
    ],
)
def test_a_clip_drawn_for_colours_and_flow_is_in_the_runs_name(local, same_clip, named):
    """Runs before this drew each start from its own places, so half of the clips were a frame apart."""
    sampling = TrainSampling(0, same_clip=same_clip)
    training = SimpleNamespace(micro_batch=8, sampling=sampling, sync_batchnorm=False)
    streams = SimpleNamespace(method=nn.ReLU(), specs={"local": local, "global": LOCAL})
    resolved = _resolved(Device("cpu", "fp32", ""), training, streams)
    assert resolved == {"precision": "fp32", "micro_batch": 8, "batchnorm_batch": None} | (
        {"clip_places": "common"} if named else {}
    )
