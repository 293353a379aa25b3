"""Decoding processes: what is kept of their batches holds no descriptors, and their end is one line."""

import errno
from pathlib import Path

import pytest
import torch
from support.numbered_videos import write_video

from backbones.base.errors import UserError
from backbones.spec import HALF, InputSpec
from harness.data.clips import loader
from harness.data.clips.dataset import Views
from harness.data.clips.loader import LoaderSettings
from harness.data.clips.workers import Watched, explained
from harness.data.index import Video
from harness.evaluation.evaluator import Evaluator

SPECS = {"local": InputSpec(2, 1, (36, 40), 36, 32, HALF, HALF)}
VIEWS = {"local": Views(1)}
VIDEOS = 40


class Alone:
    global_rank, world_size = 0, 1


class Counting(Evaluator):
    """Instead of networks: the open descriptors of this process after each batch, which is then let go."""

    seen: list[int] = []  # noqa: RUF012

    def _videos(self, batch):
        self.seen.append(len([*Path("/proc/self/fd").iterdir()]))
        return {"row": torch.zeros(len(batch["label"]))}


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="descriptors are counted in /proc")
def test_a_long_test_keeps_no_descriptor_of_its_batches(folder: Path):
    path = write_video(folder / "workers.avi", codec="mpeg4", frames=6)
    videos = [Video(f"{n}.avi", path, n % 3) for n in range(VIDEOS)]
    batches = loader.test_loader(videos, SPECS, VIEWS, settings=LoaderSettings(workers=1))
    nothing = lambda *_: None  # noqa: E731
    evaluator = Counting(Alone(), None, None, 1, False, 5, nothing, nothing)
    stored = evaluator._own_share(batches, [video.id for video in videos], folder, 0)
    assert len(stored.labels) == VIDEOS
    assert max(Counting.seen[VIDEOS // 2 :]) <= max(Counting.seen[: VIDEOS // 2]) + 4


class Failing:
    def __init__(self, error):
        self.error = error

    def __iter__(self):
        yield 1
        raise self.error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.EMFILE, "Too many open files"), "file descriptors"),
        (
            RuntimeError("DataLoader worker (pid(s) 12) exited unexpectedly"),
            "a process that loads clips ended",
        ),
        (RuntimeError("unable to write to shared memory </torch_1>: No space left"), "/dev/shm"),
    ],
)
def test_what_a_loader_lacks_is_one_line_with_a_remedy(error, said):
    seen = []
    with pytest.raises(UserError, match=said) as caught:
        seen += [batch for batch in Watched(Failing(error))]  # noqa: C416
    assert "--workers" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_errors_are_not_explained_away():
    assert explained(RuntimeError("mat1 and mat2 shapes cannot be multiplied")) is None
    with pytest.raises(RuntimeError, match="mat1"):
        list(Watched(Failing(RuntimeError("mat1"))))
