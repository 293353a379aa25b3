"""The rule of choice and the spread, by numbers worked out by hand and by NumPy."""

import numpy as np
import pytest
from support.made_records import share

from harness.campaign.sweep.choice import choose, spread
from harness.campaign.sweep.trial import Trial
from harness.record.schema import Share


def trials(*values):
    """None: a trial that failed."""
    found = [Share.model_validate(share(value)) if value is not None else None for value in values]
    return [
        Trial("mbd", number, {}, "", each, "" if each else "diverged") for number, each in enumerate(found, 1)
    ]


def test_the_highest_is_chosen():
    assert choose(trials(50.0, 70.0, 60.0)).trial.number == 2


def test_of_equal_trials_the_earliest_is_chosen_and_the_others_are_named():
    for order in (1, -1):  # whatever the order in which they were made
        choice = choose(trials(50.0, 70.0, 60.0, 70.0, 70.0)[::order])
        assert choice.trial.number == 2
        assert choice.ties == (4, 5)


def test_a_trial_that_failed_is_never_chosen_and_is_counted():
    assert choose(trials(None, 1.0)).trial.number == 2
    assert choose(trials(None, None)) is None
    found = spread(trials(None, 50.0, 60.0))
    assert (found.trials, found.finished, found.failed) == (3, 2, 1)


def test_the_spread_is_that_of_numpy():
    values = [51.0, 63.5, 47.25, 60.0]
    found = spread(trials(*values))
    assert (found.least, found.most) == (47.25, 63.5)
    assert found.median == pytest.approx(np.median(values))
    assert found.sd == pytest.approx(np.std(values, ddof=1))
    assert spread(trials(50.0)).sd is None
    assert spread(trials(None)).median is None
