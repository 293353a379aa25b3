from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from support.numbered_videos import write_video

from backbones.base.errors import UsageError
from backbones.spec import HALF, InputSpec
from harness.data.clips import loader
from harness.data.clips.dataset import TrainSampling, Views
from harness.data.clips.loader import LoaderSettings
from harness.data.clips.schedule import TrainingSchedule
from harness.data.index import Video

SPECS = {
    "local": InputSpec(2, 1, (36, 40), 36, 32, HALF, HALF),
    "global": InputSpec(3, 4, (36, 40), 36, 32, HALF, HALF),
}
VIEWS = {"local": Views(2), "global": Views(1, 3)}
SAMPLING = TrainSampling(seed=0)


@pytest.fixture(scope="module")
def videos(folder: Path) -> list[Video]:
    path = write_video(folder / "loaded.avi", codec="mpeg4", frames=20)
    broken = folder / "loaded-broken.avi"
    broken.write_text("no video")
    return [Video(f"{n}.avi", broken if n == 4 else path, n % 3) for n in range(7)]


def same(first: dict[str, Any], second: dict[str, Any]) -> bool:
    tensors = all(torch.equal(first[key], second[key]) for key in (*SPECS, "label", "position", "ok"))
    return tensors and first["failed"] == second["failed"]


def test_an_epoch_shows_each_video_once(videos: list[Video]) -> None:
    batches = list(loader.TrainingBatches(TrainingSchedule(7, 2, 3), seed=0))
    assert len(batches) == 9
    for epoch in range(3):
        items = [item for batch in batches[3 * epoch : 3 * epoch + 3] for item in batch]
        assert {e for e, _ in items} == {epoch}
        assert len({position for _, position in items}) == 6
    assert batches[:3] != [[(0, p) for _, p in batch] for batch in batches[3:6]]


def test_resuming_gives_the_rest(videos: list[Video]) -> None:
    whole = list(loader.TrainingBatches(TrainingSchedule(7, 2, 4), seed=5))
    for step in range(len(whole)):
        late = loader.TrainingBatches(TrainingSchedule(7, 2, 4), seed=5, first_step=step)
        assert list(late) == whole[step:]


@pytest.mark.parametrize("world", [1, 2, 3, 6])
def test_ranks_share_each_batch_in_order(world: int) -> None:
    schedule = TrainingSchedule(20, 6, 2)
    whole = list(loader.TrainingBatches(schedule, seed=1))
    processes = [LoaderSettings(rank=rank, world=world) for rank in range(world)]
    shares = [list(loader.TrainingBatches(schedule, seed=1, settings=process)) for process in processes]
    joined = [[item for share in step for item in share] for step in zip(*shares, strict=True)]
    assert joined == whole


def test_samples_do_not_depend_on_workers(videos: list[Video]) -> None:
    what = (videos, SPECS, TrainSampling(seed=2), TrainingSchedule(7, 3, 2))
    alone = list(loader.train_loader(*what, settings=LoaderSettings(workers=0)))
    helped = list(loader.train_loader(*what, settings=LoaderSettings(workers=2)))
    late = list(loader.train_loader(*what, first_step=3, settings=LoaderSettings(workers=1)))
    assert len(alone) == len(helped) == 4
    assert all(same(a, b) for a, b in zip(alone, helped, strict=True))
    assert all(same(a, b) for a, b in zip(alone[3:], late, strict=True))


def test_broken_videos_in_training(videos: list[Video]) -> None:
    batches = list(loader.train_loader(videos, SPECS, SAMPLING, TrainingSchedule(7, 7, 1)))
    assert len(batches) == 1
    assert sorted(batches[0]["position"].tolist()) == [0, 1, 2, 3, 5, 6]
    assert batches[0]["label"].tolist() == [p % 3 for p in batches[0]["position"].tolist()]
    ((position, reason),) = batches[0]["failed"]
    assert position == 4
    assert reason.startswith("cannot be read as a video")


@pytest.mark.parametrize(("world", "batch", "workers"), [(1, 1, 0), (1, 3, 2), (2, 2, 0), (3, 1, 0)])
def test_testing_sees_each_video_once(videos: list[Video], world: int, batch: int, workers: int) -> None:
    processes = [LoaderSettings(rank=rank, world=world, workers=workers) for rank in range(world)]
    batches = [
        b
        for process in processes
        for b in loader.test_loader(videos, SPECS, VIEWS, batch=batch, settings=process)
    ]
    seen = {
        int(p): (bool(ok), local.shape, wide.shape)
        for b in batches
        for p, ok, local, wide in zip(b["position"], b["ok"], b["local"], b["global"], strict=True)
    }
    assert sum(len(b["position"]) for b in batches) == 7
    assert seen == {n: (n != 4, (2, 2, 32, 32, 3), (3, 3, 32, 32, 3)) for n in range(7)}


def test_loading_leaves_the_global_generators_alone(videos: list[Video]) -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    list(loader.train_loader(videos, SPECS, SAMPLING, TrainingSchedule(7, 3, 1)))
    list(loader.test_loader(videos, SPECS, VIEWS))
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(("batch", "world"), [(8, 1), (0, 1), (3, 2)])
def test_impossible_batches(batch: int, world: int) -> None:
    with pytest.raises(UsageError, match=f"batch of {batch}"):
        loader.TrainingBatches(TrainingSchedule(7, batch, 1), seed=0, settings=LoaderSettings(world=world))


def test_too_few_videos_for_a_batch_say_what_to_do() -> None:
    with pytest.raises(
        UsageError, match=r"expected 1 to 7: --set train.batch_size=7 .*, or more training videos"
    ):
        TrainingSchedule(7, 8, 1).check()
