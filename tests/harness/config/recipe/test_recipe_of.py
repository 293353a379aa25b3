"""What a command carries out: which runs it starts from, and what they share with it."""

from dataclasses import replace

import pytest
import yaml
from support.places import ROOT

from backbones.base.errors import UsageError
from harness.config.recipe.recipe_of import recipe_of
from harness.config.resolve import method_settings, resolve
from methods.catalogue import METHODS

MBD = {"method": {"name": "mbd"}}


def begun(*pairs, flags=MBD, preset="tiny", **options):
    return recipe_of(preset, flags, pairs, **options)


def only(recipe):
    (before,) = recipe.before
    return before


def test_the_recipe_of_tiny_is_one_run_of_both_streams():
    """By the preset's file: its own rates and length, tested on nothing; both streams begin with it."""
    says = yaml.safe_load((ROOT / "harness" / "config" / "presets" / "tiny.yaml").read_text())
    first, then = says["pretraining"]["both"]["train"], says["train"]
    recipe = begun()
    before = only(recipe)
    assert before.streams == ("local", "global")
    assert before.config.method.name == "two_stream"
    assert before.config.train.model_dump(include={*first}) == first
    assert recipe.joint.train.model_dump(include={*then}) == then
    assert (first["warmup_steps"], recipe.joint.train.warmup_steps) == (20, 0)
    assert (before.config.test.part, recipe.joint.test.part) == ("none", "test")
    begun_with = recipe.with_weights({"local": "a1", "global": "a1"})
    assert (begun_with.local.weights, begun_with.glob.weights) == ("run:a1", "run:a1")
    streams = {"local": recipe.joint.local, "glob": recipe.joint.glob}
    assert begun_with.model_copy(update=streams) == recipe.joint


@pytest.mark.parametrize("seed", [0, 7])
def test_pretrain_both_is_that_run(seed):
    alone = recipe_of("tiny", {"seed": seed}, (), pretrain="both")
    assert alone.before == ()
    assert only(begun(flags={**MBD, "seed": seed})).config == alone.joint


@pytest.mark.parametrize("method", ["two_stream", "mutual", "unidirectional", "random_dominance"])
def test_methods_on_the_same_streams_and_clips_share_it(method):
    pairs = ("local.frames=16", "data.lead=10")
    ours = begun(*pairs, flags={"method": {"name": method}, "train": {"lr": 0.5, "epochs": 9}})
    assert only(ours).config == only(begun(*pairs, "method.temperature=4")).config
    assert only(ours).config.local.frames == 16
    assert only(ours).config.data.settings == {"lead": 10}


@pytest.mark.parametrize(
    ("taught_by", "preset", "shared"),
    [
        ("two_stream", "tiny", True),
        ("single", "paper", True),
        ("single", "tiny", False),
        ("genkd_teacher", "tiny", False),
    ],
)
def test_a_teacher_that_the_recipe_trains_is_of_the_pair(monkeypatch, taught_by, preset, shared):
    """`tiny` trains both streams in one run by two_stream, `paper` each in its own by single."""
    entry = replace(METHODS.get("kd"), taught_by=taught_by)
    monkeypatch.setitem(METHODS._entries, "kd", entry)
    before = begun(flags={"method": {"name": "kd"}}, preset=preset).before
    assert before == (begun(preset=preset).before if shared else ())


def test_what_is_tested_and_fitted_makes_no_other_one():
    """An arm of a study whose rules are not fitted starts from the same pair as one whose rules are."""
    pairs = ("fit.rules=own", "fit.views=2", "test.part=validation", "test.local_clips=1")
    assert only(begun(*pairs)).config == only(begun()).config


def test_what_is_kept_from_training_is_kept_from_pre_training():
    flags = {**MBD, "data": {"dataset": "folder"}}
    before = only(begun("fit.share=0.2", "data.validation=0.1", flags=flags)).config
    assert (before.fit.share, before.data.validation) == (0.2, 0.1)
    with pytest.raises(UsageError, match=r"fit\.folds=3: its streams would be pre-trained on the videos to"):
        begun("fit.folds=3", flags=flags)
    assert begun("fit.folds=3", flags=flags, from_scratch=True).joint.fit.folds == 3


def test_other_streams_clips_or_rates_of_it_are_another_one():
    plain = only(begun()).config
    changed = ("local.width=0.25", "global.stride=8", "data.lead=10", "pretraining.both.train.epochs=2")
    assert all(only(begun(pair)).config != plain for pair in changed)
    over = begun("pretraining.both.train.epochs=2")
    assert only(over).config.train.epochs == 2
    assert over.joint == begun().joint


@pytest.mark.parametrize(
    ("options", "seeds", "scenes"),
    [
        ({}, (5, 5), 5),  # a run's own seed is that of its pair
        ({"pair": 3}, (3, 5), 3),
        ({"pair": 0}, (0, 5), None),  # 0 is the data set's default
    ],
)
def test_the_scenes_are_those_of_the_pair(options, seeds, scenes):
    recipe = begun(flags={**MBD, "seed": 5}, **options)
    before = only(recipe).config
    assert (before.seed, recipe.joint.seed) == seeds
    assert before.data.settings.get("seed") == recipe.joint.data.settings.get("seed") == scenes


def test_scenes_that_are_asked_for_hold_for_both():
    recipe = begun("data.seed=9", flags={**MBD, "seed": 5}, pair=3)
    assert only(recipe).config.data.settings == recipe.joint.data.settings == {"seed": 9}


def test_videos_that_are_not_drawn_have_no_seed():
    recipe = begun(flags={**MBD, "seed": 5, "data": {"dataset": "folder"}}, pair=3)
    assert only(recipe).config.data.settings == recipe.joint.data.settings == {}


def test_from_scratch_leaves_it_out():
    assert begun(from_scratch=True).before == ()
    assert begun(from_scratch=True).joint == resolve("tiny", MBD, ())


@pytest.mark.parametrize(("given", "left"), [("local", "global"), ("global", "local")])
def test_weights_stand_in_for_their_stream(given, left):
    """The other stream is pre-trained alone, by what the preset says of both."""
    before = only(begun(flags={**MBD, given: {"weights": "mine.pt"}}))
    assert before.streams == (left,)
    assert (before.config.method.name, method_settings(before.config).stream) == ("single", left)
    assert (before.config.train.epochs, before.config.streams()[given].weights) == (18, None)


def test_weights_of_both_streams_leave_nothing_to_pre_train():
    both = {name: {"weights": "mine.pt"} for name in ("local", "global")}
    assert begun(flags=MBD | both).before == ()
    with pytest.raises(UsageError, match="nothing is pre-trained here"):
        begun(flags=MBD | both, pair=1)


def test_the_papers_recipe_is_on_two_data_sets():
    """Sections 3.1 to 3.3: each stream on Kinetics-400 for 45 and 60 epochs, then both on the target."""
    flags = {**MBD, "data": {"dataset": "ucf101", "split": "2"}}
    recipe = begun("data.checks=warn", flags=flags, preset="paper")
    local, glob = recipe.before
    assert (local.streams, glob.streams) == (("local",), ("global",))
    for before, epochs in ((local.config, 45), (glob.config, 60)):
        data = before.data
        assert (data.dataset, data.split, data.settings) == ("kinetics400", "val", {})
        assert (before.train.epochs, before.train.batch_size, before.train.lr) == (epochs, 64, 0.01)
        assert (before.test.crops, before.test.part) == (1, "test")
    assert (recipe.joint.data.dataset, recipe.joint.data.split) == ("ucf101", "2")
    assert (recipe.joint.train.epochs, recipe.joint.train.batch_size) == (120, 32)


def test_generated_clips_are_on_no_other_data_set():
    assert {before.config.data.dataset for before in begun(preset="paper").before} == {"localglobal"}


@pytest.mark.parametrize("method", ["genkd_teacher", "genkd", "kd"])
def test_methods_with_a_recipe_of_their_own_have_none(method):
    assert begun(flags={"method": {"name": method}}, preset="genkd-tiny").before == ()
