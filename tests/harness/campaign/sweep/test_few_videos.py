"""A sweep on a folder with few videos: what is wrong with them is said once, before any trial."""

import json
import shutil

import pytest
from support.fake_runner import FakeRunner

from backbones.base.errors import UserError
from harness.cli import sweep
from harness.cli.main import main

GRID = ("--method", "two_stream", "--grid", "train.lr=0.01,0.02")


@pytest.fixture
def typed(tmp_path, monkeypatch, capsys):
    """Calls `harness sweep` with a runner that only writes records: (exit code, calls so far, stderr)."""
    runner = FakeRunner(tmp_path / "runs")
    monkeypatch.setattr(sweep, "_runner", lambda *_: runner)

    def call(*arguments):
        with pytest.raises(SystemExit) as stopped:
            main(["sweep", *GRID, *map(str, arguments), "--out", str(tmp_path / "runs")])
        return stopped.value.code, len(runner.calls), capsys.readouterr().err

    return call


@pytest.fixture
def folder(tmp_path):
    """Of two classes, with as many training videos of each as is asked for, which nobody decodes."""

    def made(each):
        for number in range(2 * each + 2):
            part = "test" if number < 2 else "train"
            path = tmp_path / "videos" / part / "ab"[number % 2] / f"{number}.mp4"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"no video %d" % number)
        return ("--dataset", "folder", "--data-root", tmp_path / "videos")

    return made


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_too_few_to_train_on(typed, folder, dry):
    """Of two videos of each class one is kept to choose by: 2 x (2 - 1) are left, and a batch is 16."""
    code, calls, err = typed(*folder(2), "--set", "data.validation=0.5", *dry)
    assert (code, calls) == (2, 0)
    assert err == (
        "error: pre-training of both streams, seed 0: batch of 16 from 2 training videos (2 more are kept "
        "from training: data.validation=0.5); expected 1 to 2: --set train.batch_size=2 (of a preset's "
        "pre-training: pretraining.both.train.batch_size=2), or more training videos; in a sweep the "
        "pre-training is the preset's own\n"
    )


def test_too_few_for_one_of_the_trials(typed, folder):
    """The pre-training, in batches of 16, is possible with 2 x (10 - 1)."""
    batches = ("--grid", "train.batch_size=16,24", "--set", "data.validation=0.1")
    code, calls, err = typed(*folder(10), *batches)
    assert (code, calls) == (2, 0)
    assert err.startswith(
        "error: two_stream, train.lr=0.01, train.batch_size=24, seed 0: batch of 24 from 18 "
    )
    assert "the preset's own" not in err


def test_a_single_class(typed, folder, tmp_path):
    given = folder(2)
    for part in ("train", "test"):
        shutil.rmtree(tmp_path / "videos" / part / "a")
    code, calls, err = typed(*given, "--set", "data.validation=0.5")
    assert (code, calls, err.count("\n")) == (1, 0, 1)
    assert "only one class (b): a classifier needs two or more" in err


def test_where_all_is_made_no_videos_are_needed(typed, folder, tmp_path):
    given = (*folder(10), "--set", "data.validation=0.2")
    code, calls, _ = typed(*given)
    assert (code, calls) == (0, 1 + 2 + 1 + 1)  # a pre-training, two trials; the test's and the test
    shutil.rmtree(tmp_path / "videos")
    assert typed(*given) == (0, calls, "")


def test_drawn_videos_are_counted_before_they_are_made(typed, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    few = [word for part in ("train", "validation") for word in ("--set", f"data.{part}_per_class=1")]
    code, calls, err = typed(*few, "--grid", "train.batch_size=99")
    assert (code, calls) == (2, 0)
    assert "batch of 99 from 16 training videos; expected 1 to 16" in err
    assert not (tmp_path / "cache").exists()


def test_a_time_that_is_not_known_says_why(monkeypatch, tmp_path, capsys):
    """A step is tried, and its error is shown; the plan is shown all the same."""

    def failing(job):
        raise UserError("the networks do not fit into memory")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("harness.execution.dry_run.estimate_run", failing)
    narrow = [word for name in ("local", "global") for word in ("--set", f"{name}.width=0.125")]
    with pytest.raises(SystemExit) as stopped:
        main(["sweep", *GRID, *narrow, "--dry-run", "--json", "--out", str(tmp_path / "runs")])
    assert stopped.value.code == 0
    said = json.loads(capsys.readouterr().out)
    assert said["seconds"] is None
    assert "could not be timed: the networks do not fit into memory" in said["estimated"]
    assert not (tmp_path / "cache").exists()
