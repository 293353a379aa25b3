"""Broken and replaced videos on the way through a whole run: counted as wrong, listed, never left out."""

import json

import pytest
from support.numbered_videos import write_video, zero_packet

from backbones.base.errors import UserError
from harness.execution import execute

FOLDER = ("data.dataset=folder", "data.settings={}", "data.split=auto")


@pytest.fixture
def root(tmp_path):
    """Two classes; of the test videos one is text, one is cut off, one is empty; one lacks a picture."""
    for part, count in (("train", 4), ("test", 3)):
        for name in ("run", "walk"):
            for i in range(count):
                path = tmp_path / "data" / part / name / f"{i}.mp4"
                path.parent.mkdir(parents=True, exist_ok=True)
                other = 2 * i + (name == "walk") + 10 * (part == "test")  # no two videos are the same
                write_video(path, frames=40 + other, size=(64, 48))
    test = tmp_path / "data" / "test"
    (test / "run" / "0.mp4").write_text("this is no video\n" * 50)
    whole = (test / "run" / "1.mp4").read_bytes()
    (test / "run" / "1.mp4").write_bytes(whole[: len(whole) // 2])
    (test / "walk" / "0.mp4").write_bytes(b"")
    zero_packet(test / "walk" / "1.mp4", 20)
    zero_packet(tmp_path / "data" / "train" / "run" / "2.mp4", 20)
    return tmp_path / "data"


def test_failed_videos_keep_their_place(make_tiny, root, tmp_path):
    run = make_tiny(*FOLDER, data_root=root, out=tmp_path / "runs")
    record = run.record()
    failed = {"test/run/0.mp4", "test/run/1.mp4", "test/walk/0.mp4"}
    assert set(record.data.failed["test"]) == failed
    assert set(json.loads(run.failed_videos.read_text())["test"]) == failed
    expected = {"train": {"train/run/2.mp4"}, "test": {"test/walk/1.mp4"}}
    damaged = {part: {*each.concealed, *each.skipped} for part, each in record.data.damaged.items()}
    assert damaged == expected
    assert all("\n" not in reason for reason in record.data.failed["test"].values())
    for metrics in (record.metrics.local, *record.metrics.fusion.values()):
        assert metrics.top1.of == 6
        assert metrics.top1.correct <= 3
        # Two classes: a right guess is always among the first two, so just the failed ones miss.
        assert (metrics.top5.correct, metrics.k) == (3, 2)
    assert record.metrics.local.clip_top1.of == 12


def test_a_batch_of_nothing_but_broken_videos_stops_with_their_name(make_tiny, root, tmp_path):
    for path in (root / "train").rglob("*.mp4"):
        path.write_bytes(b"")
    with pytest.raises(UserError, match=r"every video of a batch failed to decode: train/\w+/\d.mp4"):
        make_tiny(*FOLDER, data_root=root, out=tmp_path / "runs")
    assert not list((tmp_path / "runs").glob("*/record.json"))


def test_a_folder_without_videos_is_one_line(make_tiny, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=str(tmp_path / "empty")):
        make_tiny(*FOLDER, data_root=tmp_path / "empty", out=tmp_path / "runs")


def test_videos_that_are_replaced_while_it_is_made(tiny_run, no_costs, monkeypatch, tmp_path):
    """A test video becomes a training video after training; put back, the same command ends the run."""
    test, kept = execute.evaluate_test, {}

    def replaced(job, fabric):
        if not kept:
            path = job.index.test[0].path
            kept[path] = path.read_bytes()
            path.write_bytes(job.index.train[0].path.read_bytes())
        return test(job, fabric)

    monkeypatch.setattr(execute, "evaluate_test", replaced)
    try:
        said = r"began with other contents of 1 video\b.* under the same names: it is a run on neither"
        with pytest.raises(UserError, match=said):
            tiny_run()
    finally:
        for path, content in kept.items():
            path.write_bytes(content)
    assert not list((tmp_path / "runs").glob("*/record.json"))
    assert tiny_run().finished
