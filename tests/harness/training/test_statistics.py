"""What a method tells of its training: shares of the videos in percent, other numbers as they are."""

import dataclasses

import pytest
import torch
from support.short_training import Stream, made, trainer

from backbones.base.errors import UserError
from harness.console.console import RunConsole
from harness.record.events import read
from methods.catalogue import METHODS
from methods.two_stream import TwoStream
from results.figures.curves import TITLES, _points


class Telling(TwoStream):
    shares = ("easy",)
    weight = torch.tensor(6.5)

    def losses(self, local, glob, labels):
        told = {"easy": torch.tensor(0.25), "weight": self.weight}
        return super().losses(local, glob, labels)[0], told


def method(**changed):
    torch.manual_seed(0)
    telling = Telling(Stream(4), Stream(6), Telling.Settings())
    for name, value in changed.items():
        setattr(telling, name, value)
    return telling


def test_they_are_kept_shown_and_drawn_by_what_they_are(tmp_path, capsys):
    console = RunConsole(json=False)
    dataclasses.replace(trainer(method(), tmp_path), report=console.training).run()
    event = next(each for each in read(tmp_path / "events.jsonl") if each["event"] == "train")
    assert (event["stats"], event["numbers"]) == ({"easy": 0.25}, {"weight": 6.5})
    shown = capsys.readouterr().out
    assert " easy 25% weight 6.5 |" in shown
    (point,) = _points([event])
    assert point["values"]["stats"] == {"easy": 25.0}
    assert point["values"]["numbers"] == {"weight": 6.5}
    assert "%" in TITLES["stats"]
    assert "%" not in TITLES["numbers"]


def test_who_dominates_is_a_share(tmp_path):
    trainer(made(METHODS.get("mbd"), {}), tmp_path).run()
    event = next(each for each in read(tmp_path / "events.jsonl") if each["event"] == "train")
    assert (set(event["stats"]), event["numbers"]) == ({"local-dominant"}, {})


@pytest.mark.parametrize("weight", [6.5, torch.ones(2)])
def test_what_is_no_number_ends_the_training_by_its_name(tmp_path, weight):
    with pytest.raises(UserError, match=r"^statistic 'weight' is a .*: expected a tensor with one number"):
        trainer(method(weight=weight), tmp_path).run()
