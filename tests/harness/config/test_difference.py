"""Configurations flattened, compared and written as `--set` takes them."""

from dataclasses import replace

import pytest
import yaml

from harness.config.difference import (
    as_pairs,
    as_yaml,
    differences,
    flatten,
    has_recipe,
    overrides,
    protocol_settings,
    run_key,
    shared_overrides,
)
from harness.config.preset_files import preset
from harness.config.resolve import parse_settings, resolve
from harness.papers.views import CLIPS, CROPS
from methods.catalogue import METHODS

MBD = {"method": {"name": "mbd"}}


def test_leaves_are_named_as_they_are_set():
    tree = {"seed": 1, "local": {"width": 0.5, "flow": {"bound": 20.0}, "settings": {"window": 16}}}
    assert flatten(tree) == {"seed": 1, "local.width": 0.5, "local.flow.bound": 20.0, "local.window": 16}


def test_a_setting_that_is_called_like_a_field_keeps_its_full_name():
    """A backbone's own `stride` is not the stream's."""
    tree = {"local": {"stride": 8, "settings": {"stride": 2, "own": 3}}}
    leaves = flatten(tree)
    assert leaves == {"local.stride": 8, "local.settings.stride": 2, "local.own": 3}
    assert parse_settings(as_pairs(leaves)) == {"local": {"stride": 8, "settings": {"stride": 2, "own": 3}}}


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        4,
        0.5,
        1e-05,
        1e20,
        "1e-5",
        "007",
        "true",
        "null",
        "a: b",
        "grün",
        [72, 80],
        {"a": [1]},
        "",
    ],
)
def test_a_value_is_read_back(value):
    text = as_yaml(value)
    assert yaml.safe_load(text) == value
    assert type(yaml.safe_load(text)) is type(value)
    assert "\n" not in text


def test_values_that_python_takes_for_equal_are_written_apart():
    values = [1, True, 1.0, "1", 0.0, -0.0, [1, 0], [True, False], [1.0, -0.0], [1.0, 0.0]]
    written = [
        "1",
        "true",
        "1.0",
        "'1'",
        "0.0",
        "-0.0",
        "[1, 0]",
        "[true, false]",
        "[1.0, -0.0]",
        "[1.0, 0.0]",
    ]
    assert [as_yaml(value) for value in [*values, *reversed(values)]] == [*written, *reversed(written)]


def test_differences_have_both_values_and_none_where_a_key_is_not_there():
    assert differences({"a": 1, "b": 2, "c": 3}, {"b": 5, "c": 3, "d": 4}) == {
        "a": (1, None),
        "b": (2, 5),
        "d": (None, 4),
    }


def test_overrides_are_what_the_preset_does_not_give():
    assert overrides(resolve("tiny", MBD, [])) == {}
    pairs = ["train.lr=0.5", "global.window=8", "method.temperature=4", "fusion.svm.inputs=embedding"]
    assert overrides(resolve("tiny", MBD, pairs)) == {
        "train.lr": 0.5,
        "global.window": 8,
        "method.temperature": 4.0,
        "fusion.svm.inputs": "embedding",
    }


def test_a_run_is_the_same_whatever_its_precision_and_however_defaults_are_given():
    plain = resolve("tiny", MBD, []).plain()
    assert run_key(plain) == run_key(resolve("tiny", MBD, ["precision=fp32"]).plain())
    assert run_key(plain) == run_key(resolve("tiny", MBD, ["method.final=true"]).plain())
    older = {**plain, "fit": {"share": 0.0, "views": "test"}}  # without folds and rules, newer settings
    assert run_key(plain) == run_key(older)
    assert run_key(plain) != run_key({**plain, "seed": 1})


def test_a_protocol_is_without_method_seed_and_teachers_weights():
    one = resolve("genkd-tiny", {"method": {"name": "genkd"}, "seed": 0}, ["local.weights=run:a"]).plain()
    other = resolve("genkd-tiny", {"method": {"name": "single"}, "seed": 3}, []).plain()
    assert protocol_settings(one) == protocol_settings(other)
    narrow = resolve("genkd-tiny", {"method": {"name": "single"}}, ["local.width=0.5"]).plain()
    assert differences(protocol_settings(narrow), protocol_settings(other)) == {"local.width": (0.5, 0.25)}


def test_a_free_backbone_frees_its_own_settings():
    one = resolve("tiny", MBD, []).plain()
    other = resolve("tiny", MBD, ["global.backbone=mvit_v2_s", "global.lr_factor=0.5"]).plain()
    assert protocol_settings(one) != protocol_settings(other)
    assert protocol_settings(one, ["global.backbone"]) == protocol_settings(other, ["global.backbone"])


def test_the_papers_views_are_those_of_their_preset():
    assert preset("paper")["test"] == {"local_clips": CLIPS, "global_clips": CLIPS, "crops": CROPS}


@pytest.mark.parametrize(
    ("taught_by", "preset", "starts"),
    [("two_stream", "tiny", True), ("single", "paper", True), ("single", "tiny", False), ("", "tiny", True)],
)
def test_a_student_whose_teacher_the_recipe_trains_starts_from_its_pair(
    monkeypatch, taught_by, preset, starts
):
    """`tiny` trains both streams first by two_stream, `paper` each by single: which run that was is of the
    pair, and no setting that runs share."""
    monkeypatch.setitem(METHODS._entries, "kd", replace(METHODS.get("kd"), taught_by=taught_by))
    weights = [f"{stream}.weights=run:0123456789ab" for stream in ("local", "global")]
    config = resolve(preset, {"method": {"name": "kd"}}, weights)
    assert has_recipe(config) == starts
    shared = [pair for pair in shared_overrides(config) if "weights" in pair]
    assert shared == ([] if starts else ["global.weights=run:0123456789ab"])
