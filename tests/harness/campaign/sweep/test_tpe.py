"""Draws by Optuna: what depends on what. Optuna itself is an extra."""

import importlib.util
import math

import pytest
from support.made_records import share

from backbones.base.errors import UserError
from harness.campaign.sweep.space import Dimension, Space
from harness.campaign.sweep.tpe import Parzen, check_optuna
from harness.campaign.sweep.trial import Trial
from harness.record.schema import Share

optuna_there = importlib.util.find_spec("optuna") is not None
needs_optuna = pytest.mark.skipif(not optuna_there, reason="optuna is not installed (an extra)")
SPACE = {
    "train.lr": Dimension.model_validate({"float": [1e-4, 1.0], "log": True}),
    "train.warmup_steps": Dimension.model_validate({"int": [0, 100]}),
    "method.temperature": Dimension.model_validate({"choice": [1, 2, None]}),
}


def trial(number, settings, value):
    return Trial("mbd", number, settings, "", Share.model_validate(share(value)) if value else None, "x")


def carried_out(parzen, arm, value):
    earlier = []
    for numbers in parzen.rounds():
        (number,) = numbers
        settings = parzen.propose(arm, number, earlier)
        earlier.append(trial(number, settings, value(settings)))
    return [each.settings for each in earlier]


@pytest.mark.skipif(optuna_there, reason="optuna is installed")
def test_without_optuna_a_line_says_what_to_install():
    with pytest.raises(UserError, match=r'pip install "mbd-harness\[optuna\]"'):
        check_optuna()


@needs_optuna
def test_draws_are_in_the_space_and_repeat_by_the_seed():
    def drawn(seed):
        return carried_out(Parzen(Space({"mbd": SPACE}), 15, seed), "mbd", lambda settings: 50.0)

    for settings in (first := drawn(0)):
        assert 1e-4 <= settings["train.lr"] <= 1
        assert isinstance(settings["train.warmup_steps"], int)
        assert settings["method.temperature"] in (1, 2, None)
    assert drawn(0) == first != drawn(1)


@needs_optuna
def test_arms_with_one_space_begin_with_the_same_draws():
    parzen = Parzen(Space({"mbd": SPACE, "two_stream": SPACE}), 3, 0)
    assert parzen.propose("mbd", 1, []) == parzen.propose("two_stream", 1, [])


@needs_optuna
def test_later_draws_are_near_what_was_good():
    """The value falls by 20 for each order of magnitude from 0.01: random draws have a mean of 70."""
    space = {"train.lr": SPACE["train.lr"]}

    def value(settings):
        return 90 - 20 * abs(math.log10(settings["train.lr"]) + 2)

    later = []
    for seed in range(3):
        tried = carried_out(Parzen(Space({"mbd": space}), 30, seed), "mbd", value)
        later += [value(settings) for settings in tried[10:]]  # the first ten are random
    assert sum(later) / len(later) > 75


@needs_optuna
def test_a_failed_trial_is_told_as_failed():
    parzen = Parzen(Space({"mbd": SPACE}), 3, 0)
    earlier = [trial(1, parzen.propose("mbd", 1, []), None)]
    assert set(parzen.propose("mbd", 2, earlier)) == set(SPACE)
