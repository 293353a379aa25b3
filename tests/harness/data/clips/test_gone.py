"""A video whose file goes while a run is made ends it; one that cannot be decoded is counted."""

import pytest
from support.numbered_videos import write_video

from backbones.base.errors import UserError
from backbones.spec import HALF, InputSpec
from harness.data.clips import loader
from harness.data.clips.dataset import TrainSampling, Views
from harness.data.clips.schedule import TrainingSchedule
from harness.data.index import Video

SPECS = {"local": InputSpec(2, 1, (36, 40), 36, 32, HALF, HALF)}


@pytest.fixture
def videos(tmp_path):
    paths = [write_video(tmp_path / f"{n}.avi", codec="mpeg4", frames=6) for n in range(3)]
    paths[1].write_bytes(b"no video")
    return [Video(path.name, path, 0) for path in paths]


def of_testing(videos):
    return loader.present(loader.test_loader(videos, SPECS, {"local": Views(1)}), videos)


def of_training(videos):
    schedule = TrainingSchedule(3, 3, 1)
    return loader.present(loader.train_loader(videos, SPECS, TrainSampling(0), schedule), videos)


@pytest.mark.parametrize("batches", [of_testing, of_training])
def test_it_is_one_line(batches, videos):
    assert [position for batch in batches(videos) for position, _ in batch["failed"]] == [1]
    videos[2].path.unlink()
    with pytest.raises(UserError, match=r"2\.avi was there when the run began and is gone: put its folder"):
        list(batches(videos))
