"""Events of a run that was stopped or killed are those of one that was not, apart from times."""

import dataclasses
import json

import pytest
from support.short_training import STEPS, made, trainer

from harness.record.events import Events, read
from harness.training.stopping import Stopped
from harness.training.training_step import Learner
from methods.catalogue import METHODS

TIMES = ("videos_per_s", "data_wait_share", "eta_s")


class Killed(Exception):
    """Stands for a power cut: nothing after it is run."""


def training(folder, stop_after=None, every_s=60.0):
    each = trainer(made(METHODS.get("mbd"), {}), folder, stop_after)
    return dataclasses.replace(each, checkpoints=dataclasses.replace(each.checkpoints, every_s=every_s))


def events(folder):
    return [
        {key: value for key, value in event.items() if key not in TIMES}
        for event in read(folder / "events.jsonl")
    ]


@pytest.fixture
def folders(tmp_path):
    for name in ("whole", "other"):
        (tmp_path / name).mkdir()
    return tmp_path / "whole", tmp_path / "other"


@pytest.mark.parametrize("every", [1, 2, 3])
@pytest.mark.parametrize("stopped_after", range(1, STEPS))
def test_a_stop_in_the_middle_of_what_is_averaged(folders, monkeypatch, every, stopped_after):
    """Numbers are means of the steps since the last line: those before the stop belong to them."""
    monkeypatch.setattr("harness.training.trainer.LOG_EVERY", every)
    whole, stopped = folders
    training(whole).run()
    with pytest.raises(Stopped):
        training(stopped, stopped_after).run()
    training(stopped).run()
    assert events(stopped) == events(whole)
    assert len(events(whole)) == -(-STEPS // every)


@pytest.mark.parametrize(("every_s", "kept"), [(60.0, 0), (-1.0, 3)])
def test_a_kill_before_the_first_checkpoint_and_after_one(folders, monkeypatch, every_s, kept):
    """killed in step 4; every_s: whether there is a checkpoint after each step, or none."""
    monkeypatch.setattr("harness.training.trainer.LOG_EVERY", 1)
    whole, killed = folders
    training(whole).run()
    learn, steps = Learner.learn, []

    def dies(self, batch, step):
        steps.append(1)
        if len(steps) == 4:
            raise Killed
        return learn(self, batch, step)

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "learn", dies)
        with pytest.raises(Killed):
            training(killed, every_s=every_s).run()
    assert (killed / "checkpoint.pt").exists() == bool(kept)
    with (killed / "events.jsonl").open("a") as handle:
        handle.write('{"event": "train", "step": 9}\n{"event": "train", "st')  # what a power cut leaves
    training(killed).run()
    assert events(killed) == events(whole)


def test_other_events_stay_and_nothing_is_written_by_other_processes(tmp_path):
    path = tmp_path / "events.jsonl"
    lines = [{"event": "note", "text": "ü"}, {"event": "train", "step": 1}, {"event": "train", "step": 2}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    Events(path, writes=False).rewind(0)
    assert read(path) == lines
    Events(path, writes=True).rewind(1)
    assert read(path) == lines[:2]
