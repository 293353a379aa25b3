"""What a pre-training was told is read from its run: the same `--set` gives the same pre-training again."""

import pytest

from harness.config.recipe.recipe_of import recipe_of
from harness.config.recipe.recipe_settings import recipe_settings
from harness.config.resolve import resolve

MBD = {"method": {"name": "mbd"}, "seed": 3}


def started(*pairs, preset="tiny", flags=MBD):
    """The settings that are found of a run that these pairs make."""
    recipe = recipe_of(preset, flags, pairs)
    runs = {name: before.config for before in recipe.before for name in before.streams}
    return recipe_settings(recipe.with_weights(), runs, 3)


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        ((), {}),
        (("train.epochs=2", "local.frames=16", "data.lead=10"), {}),  # the joint run's own, or shared
        (("pretraining.both.train.epochs=1",), {"pretraining.both.train.epochs": 1}),
        (
            ("pretraining.both.data.settings.train_per_class=2", "pretraining.both.local.frozen_layers=1"),
            {
                "pretraining.both.data.settings.train_per_class": 2,
                "pretraining.both.local.frozen_layers": 1,
            },
        ),
    ],
)
def test_it_is_what_was_given(pairs, found):
    assert started(*pairs) == found


def test_of_streams_that_are_pre_trained_alone_each_has_its_own():
    found = {"pretraining.local.train.epochs": 4, "pretraining.global.train.lr": 0.1}
    flags = {**MBD, "data": {"dataset": "folder"}}
    pairs = [f"{key}={value}" for key, value in found.items()]
    assert started(*pairs, preset="paper", flags=flags) == found


def test_runs_that_no_setting_makes_of_the_recipe_say_nothing():
    recipe = recipe_of("tiny", MBD, ())
    other = resolve("tiny", {"method": {"name": "mutual"}, "seed": 3}, ())
    assert recipe_settings(recipe.with_weights(), {"local": other, "global": other}, 3) == {}
    assert recipe_settings(recipe.with_weights(), {}, 3) == {}
