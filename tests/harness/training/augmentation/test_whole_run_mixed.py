"""Whole runs with what changes clips, and what is refused before one begins."""

import json

import pytest

from backbones.base.errors import UsageError
from harness.config.resolve import resolve
from harness.console.console import RunConsole
from harness.data.clips.schedule import TrainingSchedule
from harness.execution.job import Launch
from harness.execution.prepare import prepare
from harness.training.plan import train_sampling, training_plan
from harness.training.streams.build import make
from harness.training.streams.requirements import check_augmentation

ALL = (
    *("train.mixup=0.2", "train.cutmix=1", "train.randaugment=2", "local.drop_path=0.2"),
    *("train.schedule=plateau", "train.plateau_patience=0", "data.validation_per_class=1", "train.epochs=3"),
)


def test_a_run_with_all_of_them(tiny_run, no_costs):
    run = tiny_run(*ALL)
    assert run.record().metrics.local.top1.of
    events = [json.loads(line) for line in run.events.open()]
    assert [event["step"] for event in events if event["event"] == "validation"] == [4, 8]


def refused(*pairs, method="mbd"):
    config = resolve(
        "tiny", {"method": {"name": method}}, ["local.width=0.0625", "global.width=0.0833", *pairs]
    )
    streams = make(config, classes=6)
    schedule = TrainingSchedule(16, config.train.batch_size, config.train.epochs)
    plan = training_plan(config, schedule, train_sampling(config, flip=True))
    with pytest.raises(UsageError) as error:
        check_augmentation(streams.method, streams.specs, plan)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("method", "pairs"),
    [
        ("oracle_dominance", ()),
        ("shuffled_teachers", ()),
        *(("mbd", (f"method.reading={reading}",)) for reading in ("R2", "R5", "R6")),
    ],
)
@pytest.mark.parametrize("kind", ["train.mixup=0.2", "train.cutmix=1"])
def test_clips_are_not_mixed_where_a_loss_needs_one_label(method, pairs, kind):
    assert "a loss of this method, with its settings, needs one label" in refused(kind, *pairs, method=method)


def test_one_video_cannot_be_mixed():
    assert "one forward pass, and it has one" in refused("train.mixup=0.2", "train.micro_batch=1")


def test_one_video_for_each_process_cannot_be_mixed(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("RANK", "0")
    assert "one forward pass, and it has one" in refused("train.cutmix=1", "train.batch_size=4")


def test_optical_flow_has_no_colours_to_change():
    assert "the local stream sees optical flow" in refused("train.randaugment=2", "local.modality=flow")


def test_a_rate_cannot_follow_videos_that_are_not_there(tmp_path):
    for name in ("wave", "nod"):
        for number in range(4):
            (tmp_path / "videos" / name).mkdir(parents=True, exist_ok=True)
            (tmp_path / "videos" / name / f"{number}.mp4").write_bytes(b"x" * (number + 1))
    flags = {"method": {"name": "mbd"}, "data": {"dataset": "folder"}}
    config = resolve("tiny", flags, ["train.schedule=plateau", "train.batch_size=2"])
    launch = Launch(data_root=tmp_path / "videos", out=tmp_path / "runs", device="cpu", workers=0)
    with pytest.raises(UsageError, match=r"^train\.schedule=plateau: folder has no validation vid"):
        prepare(config, launch, RunConsole(json=True, quiet=True))
