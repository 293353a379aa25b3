"""Grids: which trials there are, in which order, and as many for every arm."""

import pytest

from backbones.base.errors import UsageError
from harness.campaign.sweep.grid import Axis, Grid, axis


def test_values_are_read_as_yaml():
    assert axis("train.lr=0.003,0.01").values == (0.003, 0.01)
    assert axis("train.clip_norm=null,1").values == (None, 1)
    assert axis("local.short_side=[72,80],[96,100]").values == ([72, 80], [96, 100])


def test_an_axis_may_be_of_one_arm():
    typed = ("mbd", "mbd:final=false")
    assert axis("mbd:method.temperature=1,4", typed) == Axis("method.temperature", (1, 4), "mbd")
    assert axis("mbd:final=false:train.lr=1,4", typed).arm == "mbd:final=false"
    assert axis("train.lr=1,4", typed).arm == ""


def test_every_combination_is_a_trial_and_the_last_axis_varies_first():
    grid = Grid([Axis("train.lr", (0.1, 0.2)), Axis("train.ema", (0, 0.9))], ["mbd"])
    tried = [tuple(grid.propose("mbd", number, ()).values()) for number in grid.rounds()[0]]
    assert tried == [(0.1, 0), (0.1, 0.9), (0.2, 0), (0.2, 0.9)]


def test_every_arm_gets_as_many_trials():
    own = [Axis("method.temperature", (1, 4), "mbd"), Axis("train.ema", (0, 0.9), "two_stream")]
    grid = Grid([Axis("train.lr", (0.1, 0.2, 0.3)), *own], ["mbd", "two_stream"])
    assert grid.trials == 6
    assert grid.propose("two_stream", 2, ()) == {"train.lr": 0.1, "train.ema": 0.9}
    with pytest.raises(UsageError, match=r"trials per arm: mbd 2 and two_stream 1; .* no baseline"):
        Grid(own[:1], ["mbd", "two_stream"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("train.lr", "expected KEY=VALUE,VALUE"),
        ("train.lr=", "expected KEY=VALUE,VALUE"),
        ("=1,2", "expected KEY=VALUE,VALUE"),
        ("train.lr=0.1,0.2,0.1", "0.1 is given twice"),
        ("train.lr=.inf,1", "expected a finite number"),
        ("train.lr=[", "cannot read the value"),
        ("mbd:train.lr=1,2", "no --method 'mbd' is given"),
        ("seed=1,2", "'seed' cannot be chosen by a sweep"),
        ("test.part=test,none", "'test.part' cannot be chosen"),
        ("data.train_per_class=1,2", "cannot be chosen"),
        ("data.validation=0.1,0.2", "cannot be chosen"),
        ("pretraining.both.train.lr=1,2", "cannot be chosen"),
    ],
)
def test_what_is_no_axis_is_said_in_one_line(text, words):
    with pytest.raises(UsageError, match=words) as error:
        axis(text)
    assert "\n" not in str(error.value)


def test_a_setting_has_one_axis():
    with pytest.raises(UsageError, match=r"'method.settings.temperature' has two axes for mbd"):
        Grid([Axis("method.temperature", (1,)), Axis("method.settings.temperature", (2,))], ["mbd"])
