"""A run is made by one process, a restart loses nothing, and what killed processes left is cleared away."""

import json
import os
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from backbones.base.errors import UserError
from harness.record.folder import RunFolder, all_runs, find_run, finished_run
from harness.record.making import drop_replaced, making, set_aside, tidy_finished
from harness.training.training_step import Learner

FILES = {
    "checkpoint.pt": "c",
    "config.json": "{}",
    "folds/1/checkpoint.pt": "f",
    "outputs-test.safetensors": "o",
    "record.json": "r",
}


class Killed(Exception):
    """Stands for a power cut: nothing after it is run."""


@pytest.fixture
def run(tmp_path):
    folder = RunFolder(tmp_path / "runs" / "0123456789ab")
    for name, text in FILES.items():
        (folder.path / name).parent.mkdir(parents=True, exist_ok=True)
        (folder.path / name).write_text(text)
    return folder


def contents(path):
    return {
        file.relative_to(path).as_posix(): file.read_text()
        for file in path.rglob("*")
        if file.is_file() and file.name not in ("lock", "maker.json")
    }


def test_a_restart_beside_a_live_run_takes_nothing_from_it(tiny_run, whole):
    before = {path: path.stat().st_mtime_ns for path in whole.path.iterdir()}
    with (
        making(whole),
        pytest.raises(UserError, match=rf"is being made by process {os.getpid()} on \S+ since 20"),
    ):
        tiny_run(restart=True)
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_finished_run_is_there_until_its_restart_has_a_record(tiny_run, whole, monkeypatch, no_costs):
    def killed(self, batch, step):
        raise Killed

    record, weights = whole.record_path.read_bytes(), whole.checkpoint.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(Learner, "learn", killed)
        for _ in range(2):
            with pytest.raises(Killed):
                tiny_run(restart=True)
            kept = whole.path / "replaced"
            assert (kept / "record.json").read_bytes() == record
            assert (kept / "checkpoint.pt").read_bytes() == weights
            assert not whole.finished
            assert whole.state() == "restarted"
            with pytest.raises(
                UserError, match=rf"is restarted, .* kept in {kept}\); the command that began it"
            ):
                finished_run(whole.path.parent, whole.id)
    assert tiny_run().finished
    assert not kept.exists()
    assert json.loads(whole.record_path.read_text())["finished"] > json.loads(record)["finished"]


@pytest.mark.parametrize("renames", range(6))
def test_a_kill_while_it_is_set_aside_loses_nothing(run, monkeypatch, renames):
    """Five entries are renamed, then the folder that they are collected in."""
    rename, left = Path.rename, iter(range(renames))

    def counted(self, target):
        if next(left, None) is None:
            raise Killed
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", counted)
        with pytest.raises(Killed), making(run):
            set_aside(run)
    assert all_runs(run.path.parent) == [run]
    assert find_run(Path(), str(run.path)) == run
    assert run.state() == ("restarted" if renames == len(FILES) else "finished")
    with making(run):
        assert contents(run.path) == FILES
        set_aside(run)
        assert contents(run.path) == {f"replaced/{name}": text for name, text in FILES.items()}
        assert not run.finished
    assert all_runs(run.path.parent) == [run]
    assert find_run(Path(), str(run.path)) == run


def test_a_second_restart_keeps_what_the_first_one_was_to_replace(run):
    with making(run):
        set_aside(run)
        run.config.write_text("half a run")
        set_aside(run)
        assert contents(run.path) == {f"replaced/{name}": text for name, text in FILES.items()}
        run.record_path.write_text("new")
        drop_replaced(run)
        assert contents(run.path) == {"record.json": "new"}


def test_a_kill_between_the_new_record_and_the_end_leaves_no_old_run(run):
    with making(run):
        set_aside(run)
        run.record_path.write_text("new")
    with making(run):
        assert contents(run.path) == {"record.json": "new"}


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (
            "harness.execution.execute.video_facts",
            r"videos.json: its folder is gone; was it deleted meanwhile\?",
        ),
        ("harness.training.streams.seen.write_trained", "trained.json: its folder is gone"),
        ("harness.data.content.contents.look", "contents.json: its folder is gone"),
        ("harness.evaluation.evaluator.Spool", "maps: its folder is gone"),
        ("harness.execution.execute.build_record", "is not recorded: .* was deleted meanwhile"),
    ],
)
def test_a_folder_that_is_deleted_while_its_run_is_made_gets_no_record(
    tiny_run, whole, monkeypatch, no_costs, at, words
):
    """Also where another process has made one in its place: the lock is that of the old one."""
    module, _, name = at.rpartition(".")
    work = getattr(sys.modules[module], name)

    def deleted(*given, **more):
        if name != "build_record":
            shutil.rmtree(whole.path)
            return work(*given, **more)
        record = work(*given, **more)
        shutil.rmtree(whole.path)
        whole.path.mkdir()
        return record

    monkeypatch.setattr(at, deleted)
    with pytest.raises(UserError, match=words):
        tiny_run(restart=True)
    assert not whole.finished


def test_files_of_killed_processes_are_removed(run):
    for name in (".checkpoint.pt.4711", "outputs-test-1of2.safetensors", "folds/1/.done.json.12"):
        (run.path / name).write_text("x" * 100)
    with making(run):
        assert contents(run.path) == FILES


LEFT = ("maker.json", "checkpoint-before.pt", ".maker.json.4711", ".record.json.4711")


def test_a_finished_run_is_cleared_of_what_a_killed_process_left(tiny_run, whole):
    """One that was killed behind its record, or in a restart that had not touched anything yet."""
    there = sorted(path.name for path in whole.path.iterdir())
    for name in LEFT:
        (whole.path / name).write_text("left")
    assert tiny_run().finished
    assert sorted(path.name for path in whole.path.iterdir()) == there


def test_what_a_live_process_needs_is_not_cleared_away(run):
    with making(run):
        (run.path / LEFT[1]).write_text("in use")
        tidy_finished(run)
        assert all((run.path / name).exists() for name in LEFT[:2])
    tidy_finished(run)
    assert contents(run.path) == FILES


def test_waiting_for_the_process_that_makes_it(run):
    said = []
    with ExitStack() as other:
        other.enter_context(making(run))

        def ends(line):
            said.append(line)
            other.close()

        with making(run, wait=ends):
            pass
    (line,) = said
    assert line.startswith(f"run 0123456789ab is being made by process {os.getpid()} on ")
    assert line.endswith("; waiting for it")


def test_a_lock_whose_file_was_deleted_meanwhile_is_taken_anew(run):
    with ExitStack() as other:
        other.enter_context(making(run))

        def deleted(line):
            (run.path / "lock").unlink()
            other.close()

        with making(run, wait=deleted), pytest.raises(UserError, match="being made by"), making(run):
            pass
