"""What a run says of its videos and its steps before it is trained."""

import pytest
from support.numbered_videos import write_video

from harness.config.resolve import resolve
from harness.console.console import RunConsole
from harness.execution.prepare import find_videos


class Said(RunConsole):
    """Keeps its lines."""

    def __init__(self):
        super().__init__(json=True, quiet=True)
        self.lines = []

    def say(self, text, style=""):
        self.lines.append(text)


@pytest.fixture
def root(tmp_path):
    """Two classes of ten training videos and one test video each."""
    for part, count in (("train", 10), ("test", 1)):
        for label in "ab":
            (tmp_path / part / label).mkdir(parents=True)
            for number in range(count):
                write_video(
                    tmp_path / part / label / f"{label}{number}.mp4", size=(32, 32), frames=4 + number
                )
    return tmp_path


def kept(root, *pairs):
    config = resolve("finetune", {"data": {"dataset": "folder"}}, pairs)
    said = Said()
    index = find_videos(config, root, said)
    lines = [line for line in said.lines if line.startswith("data.validation=")]
    return len(index.train), lines


def test_videos_that_are_kept_from_training_and_not_used_are_counted(root):
    """finetune keeps a fifth of ten videos of each class."""
    assert kept(root) == (
        16,
        [
            "data.validation=0.2: 4 training videos are kept for choosing settings, and not used here; --set "
            "data.validation=0 trains on them, too"
        ],
    )


@pytest.mark.parametrize(
    ("pair", "train"),
    [("data.validation=0", 20), ("test.part=validation", 16), ("train.schedule=plateau", 16)],
)
def test_nothing_is_said_where_they_are_used(root, pair, train):
    assert kept(root, pair) == (train, [])


def test_a_run_that_ends_within_its_warm_up_is_warned(root):
    """Of 20 videos in batches of 8, two to an epoch, three epochs are six steps."""

    def warned(steps):
        said = Said()
        pairs = ("data.validation=0", "train.batch_size=8", "train.epochs=3", f"train.warmup_steps={steps}")
        find_videos(resolve("finetune", {"data": {"dataset": "folder"}}, pairs), root, said)
        return [line for line in said.lines if "warmup_steps" in line]

    (line,) = warned(6)
    assert line.startswith("warning: train.warmup_steps=6, and this training has 6 steps: it ends while its ")
    assert warned(5) == ["train.warmup_steps=5: the rate rises for 5 of 6 steps"]
    assert warned(2) == []


def test_videos_that_no_batch_of_an_epoch_has_are_counted(root):
    """Of 20 videos, one batch of 11 leaves 9 over; three of 6 leave two, fewer than a third."""

    def said(batch):
        lines = Said()
        pairs = ("data.validation=0", f"train.batch_size={batch}", "train.warmup_steps=0")
        find_videos(resolve("finetune", {"data": {"dataset": "folder"}}, pairs), root, lines)
        return [line for line in lines.lines if "left over" in line]

    (line,) = said(11)
    assert line.startswith("1 step an epoch: 9 of 20 training videos are left over in each, ")
    assert said(6) == []
